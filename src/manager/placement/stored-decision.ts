import {
  ScoreComponent,
  type DeviceId,
  type HostId,
  type PlacementCandidate,
  type PlacementDecision,
  type RejectReason,
  type SpareId,
} from '../../../libs/contract/index.js';

const COMPONENTS = ScoreComponent.options;

type Kept = readonly [SpareId, score: number, ...components: number[]];
type Rejected = readonly [SpareId, RejectReason, detail: string | null];

/** Short, since one is written for each grant. The chosen one is named by the decision itself. */
export interface StoredDecision extends Omit<PlacementDecision, 'candidates'> {
  kept: readonly Kept[];
  rejected: readonly Rejected[];
}

/** Where a spare is, which a decision does not repeat. */
export type SparePlaces = ReadonlyMap<SpareId, { deviceId: DeviceId; hostId: HostId }>;

/** Four digits tell two scores apart as well as anybody needs. */
const short = (value: number) => Math.round(value * 1e4) / 1e4;

export function toStored({ candidates, ...rest }: PlacementDecision): StoredDecision {
  const kept: Kept[] = [];
  const rejected: Rejected[] = [];
  for (const { spareId, reason, detail, score, scoreComponents } of candidates)
    if (reason !== null) rejected.push([spareId, reason, detail]);
    else
      kept.push([
        spareId,
        short(score ?? 0),
        ...COMPONENTS.map((c) => short(scoreComponents[c] ?? 0)),
      ]);
  return { ...rest, kept, rejected };
}

export function fromStored(
  { kept, rejected, ...rest }: StoredDecision,
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
        ...{ ...spare, verdict: 'rejected', reason, detail, score: null, scoreComponents: {} },
      })),
    ),
  ];
  return { ...rest, candidates: candidates.sort((a, b) => (a.spareId < b.spareId ? -1 : 1)) };
}
