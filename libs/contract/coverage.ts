import { z } from 'zod';
import { RejectReason } from './placement.js';
import { DomainLevel } from './pools.js';
import { HostId, Name, PoolId, Sectors, SpareId, TargetId, Timestamp } from './primitives.js';

/** Why leases could not be replaced: what speaks against most of the spares that remain, or none remains. */
export const ShortfallReason = z.enum([...RejectReason.options, 'no-spare-left']);
export type ShortfallReason = z.infer<typeof ShortfallReason>;

/** What the loss of a domain means to one array, or to a target in no array. */
export const ArrayCoverage = z.object({
  hostId: HostId,
  /** Null for a target in no array. */
  arrayUuid: z.string().nullable(),
  /** Kernel name of the array, or the name of the target. */
  name: z.string(),
  /** Its targets with leases in the domain; one that is itself lost with the domain is not among them. */
  targetIds: z.array(TargetId),
  lostSectors: Sectors,
  /** What is lost, and a lease of the pool's least length for each target that would be below low water. */
  neededSectors: Sectors,
  /** How much of that the spares that remain can lend. */
  coveredSectors: Sectors,
  /** Free on the spares that remain and may serve one of its targets. */
  remainingSectors: Sectors,
  suffices: z.boolean(),
  reason: ShortfallReason.nullable(),
  /** How many of the spares that remain are out for which reason, for people. */
  detail: z.string().nullable(),
});
export type ArrayCoverage = z.infer<typeof ArrayCoverage>;

/** If this domain is lost, can the rest of the pool take over what it lends? */
export const DomainCoverage = z.object({
  poolId: PoolId,
  poolName: Name,
  level: DomainLevel,
  /** A disk's identity, a host's name, else the label. */
  domain: z.string(),
  /** Set for hosts, and for controllers, whose labels mean something on their host only. */
  hostId: HostId.nullable(),
  /** The pool's spares in it. */
  spareIds: z.array(SpareId),
  lostSectors: Sectors,
  neededSectors: Sectors,
  coveredSectors: Sectors,
  suffices: z.boolean(),
  /** Those that do not suffice first. */
  arrays: z.array(ArrayCoverage),
});
export type DomainCoverage = z.infer<typeof DomainCoverage>;

const count = z.int().nonnegative();

/** GET /v1/coverage: a domain as it is kept, with only those arrays that would come away short. */
export const CoveredDomain = DomainCoverage.omit({ arrays: true }).extend({
  hostName: Name.nullable(),
  /** Arrays, and targets in none, that would lose a lease. */
  arrays: count,
  shortArrays: z.array(ArrayCoverage.extend({ hostName: Name })),
});
export type CoveredDomain = z.infer<typeof CoveredDomain>;

/** GET /v1/coverage/summary. */
export const CoverageSummary = z.object({
  /** Pools and levels with at least one domain that is lent from; what is short first. */
  pools: z.array(
    z.object({
      poolId: PoolId,
      poolName: Name,
      level: DomainLevel,
      /** That lend something. */
      domains: count,
      /** Those among them whose loss the rest of the pool could not make good. */
      shortDomains: count,
      /** The most that any one of them would leave without a spare. */
      worstShortfallSectors: Sectors,
    }),
  ),
  /** Hosts that changed since; what is said of them is what was so before. */
  staleHosts: count,
  /** The oldest moment that any of it tells of; null when nothing was worked out yet. */
  asOf: Timestamp.nullable(),
});
export type CoverageSummary = z.infer<typeof CoverageSummary>;
