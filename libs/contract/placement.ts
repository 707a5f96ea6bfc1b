import { z } from 'zod';
import { DeviceId, HostId, NeedId, Sectors, SpareId, TargetId, Timestamp } from './primitives.js';

/** Why a spare may not serve a need. Stable: scripts and tickets match on these. */
export const RejectReason = z.enum([
  'other-host',
  'cordoned',
  'spare-unhealthy',
  'spare-missing',
  'media-mismatch',
  'block-size-mismatch',
  'no-contiguous-space',
  'is-main-device',
  'shares-disk-with-array-member',
  'shares-enclosure-with-array-member',
  'shares-controller-with-array-member',
  'shares-power-with-array-member',
  'shares-rack-with-array-member',
  'shares-host-with-array-member',
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
  decidedAt: Timestamp,
});
export type PlacementDecision = z.infer<typeof PlacementDecision>;

/** POST /v1/placement/explain: plan a need without booking it. */
export const ExplainPlacement = z.object({
  targetId: TargetId,
  lengthSectors: Sectors.optional(),
  seed: z.string().optional(),
});
export type ExplainPlacement = z.infer<typeof ExplainPlacement>;
