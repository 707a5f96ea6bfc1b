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
import { fromStored, toStored, type StoredDecision } from './stored-decision.js';

const uuid = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
const NEED = uuid(1) as NeedId;
const TARGET = uuid(2) as TargetId;
const HOST = uuid(3) as HostId;
const spare = (n: number) => uuid(100 + n) as SpareId;
const device = (n: number) => `wwn:${n.toString(16).padStart(16, '0')}` as DeviceId;
const places = new Map([0, 1, 2].map((n) => [spare(n), { deviceId: device(n), hostId: HOST }]));
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
    expect(fromStored(columns, throughJson(toStored(decision)), places)).toEqual(decision);
  });

  it('repeats neither its columns, the rule that a reason names nor what is zero', () => {
    const text = JSON.stringify(toStored(decision));
    for (const repeated of [NEED, TARGET, '"load"', 'no shared', ',0,0']) {
      expect(text).not.toContain(repeated);
    }
  });

  it('reads back also as it was stored before, with its columns and whole details', () => {
    const stored = toStored(decision);
    const { needId, targetId, seed, dryRun, outcome, weights, candidates } = decision;
    const rejected = candidates.flatMap(({ spareId, reason, detail }) =>
      reason === null ? [] : [[spareId, reason, detail] as const],
    );
    const before = { ...stored, needId, targetId, seed, dryRun, outcome, weights, rejected };
    expect(fromStored(columns, throughJson(before), places)).toEqual(decision);
  });
});
