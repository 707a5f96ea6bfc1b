import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { HostId, PoolId, Sectors } from '../contract/index.js';
import { anyFacts, anyRules, anySpares, shuffled } from './arbitraries.js';
import { RESERVED_SECTORS } from './extents.js';
import {
  array,
  host,
  lending,
  main,
  NOW,
  planOn,
  pool,
  request,
  spare,
  target,
  targetId,
  uuid,
} from './fixtures.js';
import { applyGrant } from './grants.js';
import { plan } from './plan.js';
import type { Extent } from './snapshot.js';

const overlaps = (a: Extent, b: Extent) =>
  a.offset < b.offset + b.length && b.offset < a.offset + a.length;

const contains = (gap: Extent, extent: Extent) =>
  gap.offset <= extent.offset && extent.offset + extent.length <= gap.offset + gap.length;

describe('a plan', () => {
  it('never overlaps a lease, the reserved ends, or 4 KiB alignment, however often it is carried out', () => {
    fc.assert(
      fc.property(anySpares, fc.integer({ min: 1, max: 12_000 }), (spares, units) => {
        const lengthSectors = (units * 8) as Sectors;
        const facts = host({ spares });
        const asked = request({ lengthSectors });
        for (let round = 0; round < 8; round++) {
          const before = structuredClone(facts.spares);
          const made = plan(asked, facts, pool(), `seed-${round}`, NOW);
          if (!made.placement) return;
          const { spareId, extent } = made.placement;
          const chosen = before.find((s) => s.id === spareId);
          if (!chosen) throw new Error('chose a spare that was not offered');
          expect(chosen.free.some((gap) => contains(gap, extent))).toBe(true);
          expect(extent.offset % 8).toBe(0);
          expect(extent.offset).toBeGreaterThanOrEqual(RESERVED_SECTORS);
          expect(extent.offset + extent.length).toBeLessThanOrEqual(
            RESERVED_SECTORS + chosen.lendableSectors,
          );
          applyGrant(facts, asked, made.placement, NOW);
          const gaps = facts.spares.find((s) => s.id === spareId)?.free ?? [];
          expect(gaps.some((gap) => overlaps(gap, extent))).toBe(false);
        }
      }),
    );
  });

  it('is the same for the same seed in whatever order the facts come', () => {
    fc.assert(
      fc.property(anyFacts, anyRules, fc.string(), fc.nat(), (facts, rules, seed, shuffle) => {
        const asked = { voluntary: shuffle % 2 === 0 };
        const how = { rules, seed, asked };
        const other = planOn(shuffled(facts, shuffle), how);
        expect(other).toEqual(planOn(facts, how));
      }),
    );
  });

  it('does not change when a cordoned spare is added', () => {
    fc.assert(
      fc.property(anySpares, fc.string(), (spares, seed) => {
        const before = planOn({ spares }, { seed });
        const more = [...spares, spare(99, { cordoned: true })];
        expect(planOn({ spares: more }, { seed }).placement).toEqual(before.placement);
      }),
    );
  });

  it('never lends from a domain that another member of the array leans on', () => {
    const label = fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined });
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 8 }), label, (labels, peer) => {
        const sits = (enclosure: string | undefined) => (enclosure ? { enclosure } : {});
        const spares = labels.map((l, i) => spare(i + 1, { domains: sits(l) }));
        const members = [{ targetId: targetId(1000) }, { targetId: targetId(1001) }];
        const peerMain = main(1001, { domains: sits(peer) });
        const made = planOn(
          {
            spares,
            targets: [target(1000), target(1001, { main: peerMain })],
            arrays: [array(0, members)],
          },
          { rules: { domainLevel: 'enclosure' } },
        );
        const chosen = spares.find((s) => s.id === made.placement?.spareId);
        if (peer !== undefined) expect(chosen?.domains.enclosure).not.toBe(peer);
        expect(made.outcome).toBe(
          labels.some((l) => l === undefined || l !== peer) ? 'placed' : 'unmet',
        );
      }),
    );
  });

  it('spreads needs evenly over equal spares', () => {
    const spares = [1, 2, 3, 4].map((n) => spare(n));
    const counts = new Map<string, number>();
    for (let i = 0; i < 2000; i++) {
      const id = planOn({ spares }, { seed: uuid(i) }).placement?.spareId ?? 'none';
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    expect(counts.size).toBe(4);
    for (const count of counts.values()) {
      expect(count).toBeGreaterThan(400);
      expect(count).toBeLessThan(600);
    }
  });

  it('takes the less utilised of two spares whatever the seed', () => {
    const used = lending(1_048_576, [{ offset: 2048, length: 65_536 }]);
    const spares = [spare(1, used), spare(2)];
    for (let i = 0; i < 50; i++)
      expect(planOn({ spares }, { seed: `s${i}` }).placement?.spareId).toBe(uuid(2));
  });

  it('counts the spares that the host cannot reach', () => {
    const spares = [spare(1), spare(2, { poolId: uuid(7) as PoolId })];
    const made = planOn({ spares }, { ofPool: { spareCount: 5 } });
    expect(made).toMatchObject({ elsewhere: 4, candidates: [{ spareId: uuid(1) }] });
  });
});

describe('a local spare', () => {
  const remote = spare(1, { hostId: uuid(0xbb) as HostId });
  const local = spare(2, lending(1_048_576, [{ offset: 2048, length: 900_000 }]));

  it('is taken before any remote one when the policy prefers it', () => {
    const made = planOn({ spares: [remote, local] }, { rules: { locality: 'prefer-local' } });
    expect(made.placement?.spareId).toBe(local.id);
    expect(made.candidates[0]).toMatchObject({
      verdict: 'kept',
      detail: expect.stringContaining('prefers'),
    });
  });

  it('is like any other when the policy allows remote ones', () => {
    const made = planOn({ spares: [remote, local] }, { rules: { locality: 'remote-allowed' } });
    expect(made.placement?.spareId).toBe(remote.id);
  });
});
