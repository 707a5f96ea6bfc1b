import { z } from 'zod';
import { DeviceId, HostId, NeedId, Sectors, SpareId, TargetId, Timestamp } from './primitives.js';

/** How pressing a need is. Only an urgent one may take what a pool keeps in reserve. */
export const NeedPriority = z.enum(['urgent', 'normal', 'low']);
export type NeedPriority = z.infer<typeof NeedPriority>;

/** What a spare is judged by; each is 0 to 1, higher is better, 0.5 when the facts are not known. */
export const ScoreComponent = z.enum([
  'utilisation',
  'load',
  'endurance',
  'correlation',
  'fragmentation',
  'locality',
  'blast',
]);
export type ScoreComponent = z.infer<typeof ScoreComponent>;

/** How much each component counts, relative to the others. */
export const ScoreWeights = z.record(ScoreComponent, z.number().nonnegative());
export type ScoreWeights = z.infer<typeof ScoreWeights>;

/** Why a spare may not serve a need. Stable: scripts and tickets match on these. */
export const RejectReason = z.enum([
  'other-host',
  'not-reachable',
  'cordoned',
  'draining',
  'spare-missing',
  'spare-unhealthy',
  'predicted-failure',
  'not-dedicated-to-target',
  'wrong-chassis',
  'media-mismatch',
  'speed-class-mismatch',
  'block-size-mismatch',
  'physical-block-size-mismatch',
  'protection-mismatch',
  'is-main-device',
  'shares-disk-with-array-member',
  'shares-enclosure-with-array-member',
  'shares-controller-with-array-member',
  'shares-power-with-array-member',
  'shares-rack-with-array-member',
  'shares-host-with-array-member',
  'blast-radius',
  'no-contiguous-space',
  'reserve-kept',
  'array-not-healthy',
  'host-grant-limit',
  'pool-grant-limit',
]);
export type RejectReason = z.infer<typeof RejectReason>;

export const PlacementCandidate = z.object({
  spareId: SpareId,
  deviceId: DeviceId,
  hostId: HostId,
  verdict: z.enum(['chosen', 'kept', 'rejected']),
  reason: RejectReason.nullable(),
  /** Names the rule and the other party, for people. */
  detail: z.string().nullable(),
  /** Higher is better, 0 to 1; null when rejected. */
  score: z.number().nullable(),
  /** By `ScoreComponent`; empty when rejected. */
  scoreComponents: z.record(z.string(), z.number()),
});
export type PlacementCandidate = z.infer<typeof PlacementCandidate>;

export const PlacementDecision = z.object({
  needId: NeedId.nullable(),
  targetId: TargetId,
  policy: z.string(),
  seed: z.string(),
  outcome: z.enum(['placed', 'unmet']),
  dryRun: z.boolean(),
  chosenSpareId: SpareId.nullable(),
  offsetSectors: Sectors.nullable(),
  lengthSectors: Sectors,
  candidates: z.array(PlacementCandidate),
  /** Spares of the pool on hosts out of the target's reach: too many to list, rejected as `other-host`. */
  elsewhere: z.int().nonnegative().default(0),
  priority: NeedPriority.default('normal'),
  /** In force for this decision. Without them it is one of the time when utilisation was all that counted. */
  weights: ScoreWeights.default({
    ...{ utilisation: 1, load: 0, endurance: 0, correlation: 0 },
    ...{ fragmentation: 0, locality: 0, blast: 0 },
  }),
  /** Why there is no placement: one word, and a sentence. */
  unmet: z.object({ reason: z.string(), message: z.string() }).nullable().default(null),
  decidedAt: Timestamp,
});
export type PlacementDecision = z.infer<typeof PlacementDecision>;

/** POST /v1/placement/explain: plan a need without booking it. */
export const ExplainPlacement = z.object({
  targetId: TargetId,
  lengthSectors: Sectors.optional(),
  priority: NeedPriority.optional(),
  seed: z.string().optional(),
});
export type ExplainPlacement = z.infer<typeof ExplainPlacement>;

/** POST /v1/placement/simulate: plan needs that nobody has, each on what those before it would leave. */
export const SimulatePlacement = z.object({
  needs: z
    .array(ExplainPlacement.extend({ count: z.int().min(1).max(1000).default(1) }))
    .min(1)
    .max(1000),
});
export type SimulatePlacement = z.infer<typeof SimulatePlacement>;
/** In the order asked for. */
export const SimulatedPlacement = z.object({ decisions: z.array(PlacementDecision) });
export type SimulatedPlacement = z.infer<typeof SimulatedPlacement>;
