import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ScoreComponent, type PoolPolicy } from '../contract/index.js';
import {
  array,
  disk,
  HOST,
  lending,
  main,
  planOn,
  spare,
  target,
  targetId,
  uuid,
} from './fixtures.js';
import type { HostFacts, SpareFact } from './snapshot.js';
import { weightsOf } from './weights.js';

const only = (name: ScoreComponent): Partial<PoolPolicy> => ({
  weights: {
    ...Object.fromEntries(ScoreComponent.options.map((each) => [each, 0])),
    [name]: 1,
  },
  locality: 'remote-allowed',
});

/** The component of a spare, which then is its score too. */
function component(
  name: ScoreComponent,
  candidate: SpareFact,
  facts: Partial<HostFacts> = {},
  rules: Partial<PoolPolicy> = {},
) {
  const made = planOn(
    { spares: [candidate], ...facts },
    { rules: { ...only(name), ...rules }, asked: { lengthSectors: 16_384 as never } },
  );
  const [scored] = made.candidates;
  expect(scored?.score).toBe(scored?.scoreComponents[name]);
  return scored?.score;
}

const used = (over: Partial<SpareFact>) => spare(1, over);
const failing = { model: 'm', firmware: 'f', batch: 'b', powerOnHours: 20_000 };
const facing: Partial<HostFacts> = { targets: [target(1000, { main: main(1000, failing) })] };

describe('of a spare', () => {
  it('utilisation is what is free after the grant', () => {
    const quarter = lending(4096 + 65_536);
    expect(component('utilisation', spare(1, quarter))).toBe(0.75);
  });

  it('load is the time that it is idle', () => {
    expect(component('load', used({ busyPercent: 30 }))).toBeCloseTo(0.7);
  });

  it.each([
    ['by the measured trend', { percentageUsed: 20, wearPercentPerDay: 0.1 }, 0.7],
    ['never less than nothing', { percentageUsed: 20, wearPercentPerDay: 5 }, 0],
    [
      'by its life so far where no trend is measured',
      { percentageUsed: 10, powerOnHours: 4800 },
      0.85,
    ],
    ['as it is where even its age is not known', { percentageUsed: 10 }, 0.9],
  ])('endurance is what is left at the horizon: %s', (_, over, left) => {
    const rules = { horizonDays: 100 };
    expect(component('endurance', used(over), {}, rules)).toBeCloseTo(left);
  });

  it('endurance never grows with the horizon', () => {
    fc.assert(
      fc.property(
        fc.nat(100),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(999),
        (p, w, d) => {
          const s = used({ percentageUsed: p, wearPercentPerDay: w });
          const [near, far] = [d + 1, d + 2].map((horizonDays) =>
            component('endurance', s, {}, { horizonDays }),
          );
          expect(far).toBeLessThanOrEqual(near ?? 0);
        },
      ),
    );
  });

  it.each([
    ['a twin of the failing disk', failing, 0],
    [
      'of another make and two years younger',
      { model: 'n', firmware: 'f', batch: 'c', powerOnHours: 2000 },
      1,
    ],
    ['of the same model only', { ...failing, firmware: 'g', batch: 'c', powerOnHours: 0 }, 0.7],
    [
      'half a year younger only',
      { model: 'n', firmware: 'f', batch: 'c', powerOnHours: 15_620 },
      0.9,
    ],
  ])('correlation of %s', (_, make, expected) => {
    expect(component('correlation', used(make), facing)).toBeCloseTo(expected);
  });

  it('fragmentation is how much of what stays free stays in one piece', () => {
    const leased = [{ offset: 2048 + 3 * 16_384, length: 16_384 }];
    const cut = lending(4096 + 8 * 16_384, leased);
    // Three free on the left, four on the right; the smaller gap is used first.
    expect(component('fragmentation', used(cut))).toBeCloseTo(4 / 6);
    expect(component('fragmentation', used(lending(4096 + 16_384)))).toBe(1);
  });

  it('locality tells the host of the target from another', () => {
    expect(component('locality', used({}))).toBe(1);
    expect(component('locality', used({ hostId: uuid(0xbb) as typeof HOST }))).toBe(0);
  });

  it('blast falls with each array that leans on it, and not by a further lease of one that does', () => {
    const leasedTo = [1, 2].map((n) => ({ targetId: targetId(n), sectors: 8 }));
    const own = { targetId: targetId(1000), sectors: 8 };
    expect(component('blast', used({}))).toBe(1);
    expect(component('blast', used({ leasedTo }))).toBeCloseTo(1 / 3);
    expect(component('blast', used({ leasedTo: [...leasedTo, own] }))).toBeCloseTo(1 / 3);
    const arrays = [
      array(0, [{ targetId: targetId(1) }, { targetId: targetId(2) }, { deviceId: disk(9) }]),
    ];
    expect(component('blast', used({ leasedTo }), { arrays })).toBe(1 / 2);
  });

  it.each(['load', 'endurance', 'correlation'] as const)('%s is neutral when not known', (name) => {
    expect(component(name, used({}))).toBe(0.5);
  });
});

describe('a policy', () => {
  it('of a name has its weights, and those of the pool over them', () => {
    const { weights } = planOn({}, { rules: { name: 'balanced', weights: { load: 3, blast: 0 } } });
    const { load, blast, ...rest } = weightsOf({ name: 'balanced', weights: {} } as PoolPolicy);
    expect([load, blast]).toEqual([0.5, 0.5]);
    expect(weights).toEqual({ ...rest, load: 3, blast: 0 });
  });

  it('least-utilised looks at nothing but utilisation', () => {
    const [scored] = planOn({ spares: [spare(1)] }).candidates;
    expect(Object.keys(scored?.scoreComponents ?? {})).toEqual(['utilisation']);
  });

  it('wear-aware leaves a worn spare alone while another has endurance', () => {
    const spares = [
      spare(1, { percentageUsed: 90, wearPercentPerDay: 0.05 }),
      spare(2, { percentageUsed: 5, ...lending(1_048_576, [{ offset: 2048, length: 800_000 }]) }),
    ];
    for (let i = 0; i < 20; i++)
      expect(
        planOn({ spares }, { rules: { name: 'wear-aware' }, seed: `s${i}` }).placement?.spareId,
      ).toBe(uuid(2));
  });

  it('keeps every score within 0 and 1', () => {
    const anySpare = fc.record({
      busyPercent: fc.option(fc.nat(100)),
      percentageUsed: fc.option(fc.nat(120)),
      wearPercentPerDay: fc.option(fc.double({ min: -1, max: 3, noNaN: true })),
      powerOnHours: fc.option(fc.nat(90_000)),
      model: fc.option(fc.constantFrom('m', 'n')),
    });
    const weights = fc.record(
      Object.fromEntries(ScoreComponent.options.map((name) => [name, fc.nat(5)])),
    );
    fc.assert(
      fc.property(anySpare, weights, (over, own) => {
        const { candidates } = planOn(
          { spares: [used(over)], ...facing },
          { rules: { weights: own } },
        );
        for (const { score, scoreComponents } of candidates)
          for (const value of [score ?? -1, ...Object.values(scoreComponents)]) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
          }
      }),
    );
  });
});
