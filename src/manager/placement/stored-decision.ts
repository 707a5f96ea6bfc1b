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
import { inUnits, scoreOf } from './score-units.js';

const COMPONENTS = ScoreComponent.options;

/** The spare's number; its id in decisions that were stored before spares had one. */
export type SpareName = number | SpareId;

/** In units; components up to the last that is not zero. */
export type Kept = readonly [SpareName, score: number, ...components: number[]];
/** The detail without the rule that the reason names. */
export type Rejected = readonly [SpareName, detail: string | null];

/** The columns beside the body. */
export interface DecisionColumns {
  needId: NeedId;
  targetId: TargetId;
  outcome: PlacementDecision['outcome'];
}

/** Short, since one is written for each grant. */
export interface StoredDecision extends Pick<
  PlacementDecision,
  'policy' | 'lengthSectors' | 'priority' | 'offsetSectors' | 'elsewhere' | 'decidedAt'
> {
  /** One of both. */
  unmet?: PlacementDecision['unmet'];
  chosen?: SpareName;
  /** Those that are not zero. */
  weights: Partial<ScoreWeights>;
  kept: readonly Kept[];
  rejected: Partial<Record<RejectReason, Rejected[]>>;
}

/** What a decision does not repeat of a spare. */
export interface NamedSpare {
  spareId: SpareId;
  number: number;
  deviceId: DeviceId;
  hostId: HostId;
}

function keptOf(spare: number, { score, scoreComponents }: PlacementCandidate): Kept {
  const components = COMPONENTS.map((component) => inUnits(scoreComponents[component] ?? 0));
  const count = components.findLastIndex((value) => value !== 0) + 1;
  return [spare, inUnits(score ?? 0), ...components.slice(0, count)];
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

/** With the number of each of its candidates. */
export function toStored(decision: PlacementDecision, numbers: readonly number[]): StoredDecision {
  const kept: Kept[] = [];
  const rejected: StoredDecision['rejected'] = {};
  let chosen: number | undefined;
  for (const [n, candidate] of decision.candidates.entries()) {
    const { spareId, reason, detail } = candidate;
    const number = numbers[n];
    if (number === undefined) throw new Error(`candidate ${spareId} has no number`);
    if (spareId === decision.chosenSpareId) chosen = number;
    if (reason === null) kept.push(keptOf(number, candidate));
    else (rejected[reason] ??= []).push([number, shortDetail(reason, detail)]);
  }
  return {
    policy: decision.policy,
    lengthSectors: decision.lengthSectors,
    priority: decision.priority,
    offsetSectors: decision.offsetSectors,
    weights: notZero(decision.weights),
    elsewhere: decision.elsewhere,
    decidedAt: decision.decidedAt,
    kept,
    rejected,
    ...(chosen === undefined ? { unmet: decision.unmet } : { chosen }),
  };
}

/** The spares that a decision names. */
export function namesIn({ kept, rejected }: StoredDecision): SpareName[] {
  return [...kept, ...Object.values(rejected).flat()].map(([name]) => name);
}

/** By each of their names. */
export function byName(spares: readonly NamedSpare[]): Map<SpareName, NamedSpare> {
  return new Map(
    spares.flatMap((spare): [SpareName, NamedSpare][] => [
      [spare.number, spare],
      [spare.spareId, spare],
    ]),
  );
}

/** Spares that are not among those named are left out. */
export function fromStored(
  columns: DecisionColumns,
  { chosen, kept, rejected, weights, unmet = null, ...rest }: StoredDecision,
  named: ReadonlyMap<SpareName, NamedSpare>,
): PlacementDecision {
  const identity = (name: SpareName) => {
    const spare = named.get(name);
    if (!spare) return [];
    const { spareId, deviceId, hostId } = spare;
    return [{ spareId, deviceId, hostId }];
  };
  const candidates = [
    ...kept.flatMap(([name, score, ...components]) =>
      identity(name).map((spare): PlacementCandidate => ({
        ...spare,
        verdict: name === chosen ? 'chosen' : 'kept',
        ...{ reason: null, detail: null, score: scoreOf(score) },
        scoreComponents: Object.fromEntries(
          COMPONENTS.map((c, n) => [c, scoreOf(components[n] ?? 0)]),
        ),
      })),
    ),
    ...(Object.entries(rejected) as [RejectReason, Rejected[]][]).flatMap(([reason, spares]) =>
      spares.flatMap(([name, detail]) =>
        identity(name).map((spare): PlacementCandidate => ({
          ...{ ...spare, verdict: 'rejected', reason, detail: wholeDetail(reason, detail) },
          ...{ score: null, scoreComponents: {} },
        })),
      ),
    ),
  ];
  return {
    ...{ ...columns, ...rest, unmet, seed: columns.needId, dryRun: false },
    chosenSpareId: chosen === undefined ? null : (named.get(chosen)?.spareId ?? null),
    weights: ScoreWeights.parse(Object.fromEntries(COMPONENTS.map((c) => [c, weights[c] ?? 0]))),
    candidates: candidates.sort((a, b) => (a.spareId < b.spareId ? -1 : 1)),
  };
}
