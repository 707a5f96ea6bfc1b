import { describe, expect, it } from '@jest/globals';
import type { PoolPolicy, Sectors, SpareId } from '../contract/index.js';
import { choose, QUALITY_BAND } from './choice.js';
import { host, lending, NOW, pool, request, spare, uuid } from './fixtures.js';
import { applyGrant, leasedSectors } from './grants.js';
import { plan } from './plan.js';

const option = (name: string, over: Partial<Parameters<typeof choose>[0][number]> = {}) => ({
  ...{ name, score: 0.5, quality: 0, capacity: 1 },
  ...over,
});

type Named = ReturnType<typeof option>;

function shares(options: readonly Named[], rounds = 4000): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < rounds; i++) {
    const name = choose(options, uuid(i))?.name ?? 'none';
    counts[name] = (counts[name] ?? 0) + 1 / rounds;
  }
  return counts;
}

describe('of the options', () => {
  it('the better of two is taken, of equals the one drawn first', () => {
    expect(Object.keys(shares([option('a'), option('b', { score: 0.6 })]))).toEqual(['b']);
    const { a, b } = shares([option('a'), option('b')]);
    expect(a).toBeCloseTo(0.5, 1);
    expect(b).toBeCloseTo(0.5, 1);
  });

  it('one of far lower quality is never taken, however good its score', () => {
    const poor = option('poor', { quality: 0.9 - 1.01 * QUALITY_BAND, score: 1 });
    const taken = shares([poor, option('a', { quality: 0.9 }), option('b', { quality: 0.8 })]);
    expect(Object.keys(taken).sort()).toEqual(['a', 'b']);
  });

  it('equals are drawn by capacity', () => {
    const taken = shares([option('s'), option('m', { capacity: 2 }), option('l', { capacity: 5 })]);
    expect(taken['s']).toBeCloseTo(1 / 8, 1);
    expect(taken['m']).toBeCloseTo(2 / 8, 1);
    expect(taken['l']).toBeCloseTo(5 / 8, 1);
  });

  it('the only one is taken, and of none there is none', () => {
    expect(choose([option('a')], 's')?.name).toBe('a');
    expect(choose<Named>([], 's')).toBeUndefined();
  });
});

describe('a new empty spare among ten that are half used', () => {
  const NEWCOMER = uuid(11);
  const size = 4096 + 2000 * 16_384;
  const half = [{ offset: 2048, length: 1000 * 16_384 }];

  function filled(rules: Partial<PoolPolicy>) {
    const used = Array.from({ length: 10 }, (_, i) => spare(i + 1, lending(size, half)));
    const facts = host({ spares: [...used, spare(11, lending(size))] });
    const spread = () => {
      const lent = facts.spares.map(leasedSectors);
      return Math.max(...lent) - Math.min(...lent);
    };
    const before = spread();
    const taken = new Map<SpareId, number>();
    for (let i = 0; i < 1000; i++) {
      const asked = request({ lengthSectors: 16_384 as Sectors });
      const { placement } = plan(asked, facts, pool(rules), `need-${i}`, NOW);
      if (!placement) throw new Error('there is space for all');
      applyGrant(facts, asked, placement, NOW);
      taken.set(placement.spareId, (taken.get(placement.spareId) ?? 0) + 1);
    }
    return { newcomer: taken.get(NEWCOMER as SpareId) ?? 0, narrowed: before - spread() };
  }

  it.each(['least-utilised', 'balanced', 'wear-aware', 'spread'] as const)(
    'takes at most three times its share of the next 1,000 grants under %s, and catches up',
    (name) => {
      const { newcomer, narrowed } = filled({ name });
      expect(newcomer).toBeLessThanOrEqual((3 * 1000) / 11);
      expect(newcomer).toBeGreaterThan((1.5 * 1000) / 11);
      expect(narrowed).toBeGreaterThan(50 * 16_384);
    },
  );
});
