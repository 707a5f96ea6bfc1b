import { describe, expect, it } from '@jest/globals';
import type {
  DeviceId,
  HostId,
  NeedId,
  PlacementDecision,
  SpareId,
  TargetId,
} from '../../../libs/contract/index.js';
import { PlacementDecision as DecisionSchema } from '../../../libs/contract/index.js';
import { presentForm } from './earlier-decision.js';
import { byName, fromStored, namesIn, toStored, type StoredDecision } from './stored-decision.js';

const uuid = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
const NEED = uuid(1) as NeedId;
const TARGET = uuid(2) as TargetId;
const HOST = uuid(3) as HostId;
const spare = (n: number) => uuid(100 + n) as SpareId;
const device = (n: number) => `wwn:${n.toString(16).padStart(16, '0')}` as DeviceId;
const spares = [0, 1, 2].map((n) => ({
  ...{ spareId: spare(n), number: 70 + n, deviceId: device(n), hostId: HOST },
}));
const named = byName(spares);
const numbers = spares.map(({ number }) => number);
const candidate = (n: number) => ({ spareId: spare(n), deviceId: device(n), hostId: HOST });

const decision: PlacementDecision = DecisionSchema.parse({
  ...{ needId: NEED, targetId: TARGET, seed: NEED, dryRun: false, policy: 'least-utilised' },
  ...{ lengthSectors: 16384, priority: 'normal', outcome: 'placed', chosenSpareId: spare(1) },
  ...{ offsetSectors: 2048, elsewhere: 7, unmet: null, decidedAt: '2026-01-02T03:04:05.000Z' },
  weights: {
    ...{ utilisation: 1, load: 0, endurance: 0.5, correlation: 0 },
    ...{ fragmentation: 0, locality: 0, blast: 0 },
  },
  candidates: [
    {
      ...{ ...candidate(0), verdict: 'rejected', reason: 'shares-enclosure-with-array-member' },
      detail:
        'rule "no shared enclosure within an array": enclosure e7 also serves target t7 (array md1)',
      ...{ score: null, scoreComponents: {} },
    },
    {
      ...{ ...candidate(1), verdict: 'chosen', reason: null, detail: null, score: 0.9375 },
      scoreComponents: {
        ...{ utilisation: 0.875, load: 0, endurance: 1, correlation: 0 },
        ...{ fragmentation: 0, locality: 0, blast: 0 },
      },
    },
    {
      ...{
        ...candidate(2),
        verdict: 'rejected',
        reason: 'no-contiguous-space',
        detail: 'the largest gap is 8',
      },
      ...{ score: null, scoreComponents: {} },
    },
  ],
});
const columns = { needId: NEED, targetId: TARGET, outcome: 'placed' as const };
const throughJson = (stored: StoredDecision) =>
  JSON.parse(JSON.stringify(stored)) as StoredDecision;

describe('a stored decision', () => {
  it('reads back as it was', () => {
    expect(fromStored(columns, throughJson(toStored(decision, numbers)), named)).toEqual(decision);
  });

  it('reads back why there was no grant, though a spare was as good as chosen', () => {
    const unmet: PlacementDecision = {
      ...{ ...decision, outcome: 'unmet', chosenSpareId: null, offsetSectors: null },
      unmet: { reason: 'LeaseLimitReached', message: 'the target has 32 leases' },
    };
    const stored = throughJson(toStored(unmet, numbers));
    const candidates = decision.candidates.map((one) =>
      one.verdict === 'chosen' ? { ...one, verdict: 'kept' } : one,
    );
    expect(fromStored({ ...columns, outcome: 'unmet' }, stored, named)).toEqual({
      ...unmet,
      candidates,
    });
  });

  it('names its spares, each by its number', () => {
    expect(namesIn(toStored(decision, numbers)).sort()).toEqual([70, 71, 72]);
  });

  it('leaves out spares that are not known', () => {
    const read = fromStored(columns, toStored(decision, numbers), byName(spares.slice(1)));
    expect(read.candidates.map(({ spareId }) => spareId)).toEqual([spare(1), spare(2)]);
  });

  it('is not made without the number of each spare', () => {
    expect(() => toStored(decision, numbers.slice(1))).toThrow('has no number');
  });

  it('repeats neither its columns, ids, the rule that a reason names nor what is zero', () => {
    const text = JSON.stringify(toStored(decision, numbers));
    for (const repeated of [NEED, TARGET, spare(1), '"load"', 'no shared', ',0,0', 'null'])
      expect(text).not.toContain(repeated);
  });

  it('reads back also as it was stored before, with ids, its columns and whole details', () => {
    const { needId, targetId, seed, dryRun, outcome, weights, candidates, ...rest } = decision;
    const kept = [[spare(1), 0.9375, 0.875, 0, 1] as const];
    const rejected = candidates.flatMap(({ spareId, reason, detail }) =>
      reason === null ? [] : [[spareId, reason, detail] as const],
    );
    const before = { ...rest, needId, targetId, seed, dryRun, outcome, weights, kept, rejected };
    const stored = presentForm(before);
    expect(namesIn(stored).sort()).toEqual([spare(0), spare(1), spare(2)]);
    expect(fromStored(columns, throughJson(stored), named)).toEqual(decision);
  });
});
