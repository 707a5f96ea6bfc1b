import {
  ScoreComponent,
  ScoreWeights,
  type DeviceId,
  type HostId,
  type NeedId,
  type PlacementCandidate,
  type PlacementDecision,
  type RejectReason,
  type SpareId,
  type TargetId,
} from '../../../libs/contract/index.js';
import { ruleOf } from '../../../libs/placement/index.js';

const COMPONENTS = ScoreComponent.options;

/** Components up to the last that is not zero. */
type Kept = readonly [SpareId, score: number, ...components: number[]];
/** The detail without the rule that the reason names. */
type Rejected = readonly [SpareId, RejectReason, detail: string | null];

/** The columns beside the body. */
export interface DecisionColumns {
  needId: NeedId;
  targetId: TargetId;
  outcome: PlacementDecision['outcome'];
}

/** Short, since one is written for each grant. The chosen one is named by the decision itself. */
export interface StoredDecision extends Omit<
  PlacementDecision,
  'candidates' | 'seed' | 'dryRun' | 'weights' | keyof DecisionColumns
> {
  /** Those that are not zero. */
  weights: Partial<ScoreWeights>;
  kept: readonly Kept[];
  rejected: readonly Rejected[];
}

/** Where a spare is, which a decision does not repeat. */
export type SparePlaces = ReadonlyMap<SpareId, { deviceId: DeviceId; hostId: HostId }>;

/** Four digits tell two scores apart as well as anybody needs. */
const short = (value: number) => Math.round(value * 1e4) / 1e4;

function keptOf({ spareId, score, scoreComponents }: PlacementCandidate): Kept {
  const components = COMPONENTS.map((component) => short(scoreComponents[component] ?? 0));
  const count = components.findLastIndex((value) => value !== 0) + 1;
  return [spareId, short(score ?? 0), ...components.slice(0, count)];
}

function notZero(weights: ScoreWeights): Partial<ScoreWeights> {
  const kept: Partial<ScoreWeights> = {};
  for (const component of COMPONENTS)
    if (weights[component] !== 0) kept[component] = weights[component];
  return kept;
}

function shortDetail(reason: RejectReason, detail: string | null): string | null {
  const rule = ruleOf(reason);
  return rule !== undefined && detail?.startsWith(rule) ? detail.slice(rule.length) : detail;
}

function wholeDetail(reason: RejectReason, detail: string | null): string | null {
  const rule = ruleOf(reason);
  return rule === undefined || detail === null || detail.startsWith(rule) ? detail : rule + detail;
}

export function toStored(decision: PlacementDecision): StoredDecision {
  const kept: Kept[] = [];
  const rejected: Rejected[] = [];
  for (const candidate of decision.candidates) {
    const { spareId, reason, detail } = candidate;
    if (reason === null) kept.push(keptOf(candidate));
    else rejected.push([spareId, reason, shortDetail(reason, detail)]);
  }
  return {
    policy: decision.policy,
    lengthSectors: decision.lengthSectors,
    priority: decision.priority,
    chosenSpareId: decision.chosenSpareId,
    offsetSectors: decision.offsetSectors,
    weights: notZero(decision.weights),
    elsewhere: decision.elsewhere,
    unmet: decision.unmet,
    decidedAt: decision.decidedAt,
    kept,
    rejected,
  };
}

export function fromStored(
  columns: DecisionColumns,
  { kept, rejected, weights, ...rest }: StoredDecision,
  places: SparePlaces,
): PlacementDecision {
  const identity = (spareId: SpareId) => {
    const place = places.get(spareId);
    return place ? [{ spareId, deviceId: place.deviceId, hostId: place.hostId }] : [];
  };
  const candidates = [
    ...kept.flatMap(([spareId, score, ...components]) =>
      identity(spareId).map((spare): PlacementCandidate => ({
        ...spare,
        verdict: spareId === rest.chosenSpareId ? 'chosen' : 'kept',
        ...{ reason: null, detail: null, score },
        scoreComponents: Object.fromEntries(COMPONENTS.map((c, n) => [c, components[n] ?? 0])),
      })),
    ),
    ...rejected.flatMap(([spareId, reason, detail]) =>
      identity(spareId).map((spare): PlacementCandidate => ({
        ...{ ...spare, verdict: 'rejected', reason, detail: wholeDetail(reason, detail) },
        ...{ score: null, scoreComponents: {} },
      })),
    ),
  ];
  return {
    ...{ ...columns, ...rest, seed: columns.needId, dryRun: false },
    weights: ScoreWeights.parse(Object.fromEntries(COMPONENTS.map((c) => [c, weights[c] ?? 0]))),
    candidates: candidates.sort((a, b) => (a.spareId < b.spareId ? -1 : 1)),
  };
}
