import { z } from 'zod';
import {
  DeviceId,
  Generation,
  HostId,
  LeaseId,
  Name,
  PoolId,
  Sectors,
  SpareId,
  TargetId,
  Timestamp,
  Version,
} from './primitives.js';
import { Media } from './inventory.js';
import { ScoreComponent } from './placement.js';

/** The level at which no spare may share a domain with another member of the same array. */
export const DomainLevel = z.enum(['disk', 'enclosure', 'controller', 'power', 'host', 'rack']);
export type DomainLevel = z.infer<typeof DomainLevel>;

/** The named tables of weights that ship. */
export const PolicyName = z.enum(['least-utilised', 'balanced', 'wear-aware', 'spread']);
export type PolicyName = z.infer<typeof PolicyName>;

/**
 * Whom a pool serves: everyone; targets whose main device sits in the spare's enclosure; the targets of
 * `dedicatedTo` only.
 */
export const PoolScope = z.enum(['global', 'chassis', 'dedicated']);
export type PoolScope = z.infer<typeof PoolScope>;

/** `not-slower`: the spare's medium is at least as fast as the main device's, hdd < ssd < nvme. */
export const SpeedClass = z.enum(['any', 'not-slower']);
export type SpeedClass = z.infer<typeof SpeedClass>;

/** Whether a spare of another host that the target's host can see may serve it. */
export const Locality = z.enum(['local-only', 'prefer-local', 'remote-allowed']);
export type Locality = z.infer<typeof Locality>;

const count = z.int().min(1);

/** Every field of a policy, as a change of it may give it. */
const policyFields = {
  name: PolicyName,
  /** The pool's own weights over those of the named policy. */
  weights: z.partialRecord(ScoreComponent, z.number().nonnegative()),
  scope: PoolScope,
  dedicatedTo: z.array(TargetId),
  /** Members of one array never share a domain at this level or a narrower one. */
  domainLevel: DomainLevel,
  /** Null admits every medium. */
  media: z.array(Media).nullable(),
  speedClass: SpeedClass,
  locality: Locality,
  /** The most arrays (or targets in no array) that may lean on one spare; null sets no bound. */
  maxArraysPerSpare: count.nullable(),
  /** The most leases granted to targets of one host within an hour; null sets no bound. */
  maxGrantsPerHostPerHour: count.nullable(),
  /** The most leases granted from the pool within an hour; null sets no bound. */
  maxGrantsPerHour: count.nullable(),
  /** Share of each spare that only urgent needs may take. */
  reservePercent: z.number().min(0).max(90),
  /** Least length of a lease. */
  leaseSectors: Sectors,
  /** A target that remaps fast gets longer leases, up to this; null: 16 times `leaseSectors`. */
  maxLeaseSectors: Sectors.nullable(),
  /** A target asks for a further lease when its free blocks fall below this. */
  lowWaterBlocks: count,
  /** Endurance is judged by what a spare will have left after so many days. */
  horizonDays: count,
};

export const PoolPolicy = z.object({
  name: policyFields.name.default('least-utilised'),
  weights: policyFields.weights.default({}),
  scope: policyFields.scope.default('global'),
  dedicatedTo: policyFields.dedicatedTo.default([]),
  domainLevel: policyFields.domainLevel.default('disk'),
  media: policyFields.media.default(null),
  speedClass: policyFields.speedClass.default('any'),
  locality: policyFields.locality.default('local-only'),
  maxArraysPerSpare: policyFields.maxArraysPerSpare.default(null),
  maxGrantsPerHostPerHour: policyFields.maxGrantsPerHostPerHour.default(null),
  maxGrantsPerHour: policyFields.maxGrantsPerHour.default(null),
  reservePercent: policyFields.reservePercent.default(0),
  leaseSectors: policyFields.leaseSectors.default(16_384 as Sectors),
  maxLeaseSectors: policyFields.maxLeaseSectors.default(null),
  lowWaterBlocks: policyFields.lowWaterBlocks.default(256),
  horizonDays: policyFields.horizonDays.default(365),
});
export type PoolPolicy = z.infer<typeof PoolPolicy>;

export const CreatePool = z.object({ name: Name, policy: PoolPolicy.prefault({}) });
export type CreatePool = z.infer<typeof CreatePool>;
/** PATCH /v1/pools/:idOrName: fields of the policy that are left out stay as they are. */
export const UpdatePool = z.object({ policy: z.object(policyFields).partial() });
export type UpdatePool = z.infer<typeof UpdatePool>;
export const Pool = z.object({
  id: PoolId,
  name: Name,
  policy: PoolPolicy,
  spareCount: z.int(),
  totalSectors: Sectors,
  leasedSectors: Sectors,
  version: Version,
  createdAt: Timestamp,
});
export type Pool = z.infer<typeof Pool>;

export const CreateSpare = z.object({ poolId: PoolId, hostId: HostId, deviceId: DeviceId });
export type CreateSpare = z.infer<typeof CreateSpare>;
export const Spare = z.object({
  id: SpareId,
  poolId: PoolId,
  poolName: Name,
  hostId: HostId,
  hostName: Name,
  deviceId: DeviceId,
  state: z.enum(['available', 'failing', 'missing']),
  cordoned: z.boolean(),
  draining: z.boolean(),
  totalSectors: Sectors,
  leasedSectors: Sectors,
  leaseCount: z.int(),
  /** Blocks that live in its leases, as far as their targets have told. */
  usedBlocks: z.int(),
  version: Version,
  createdAt: Timestamp,
});
export type Spare = z.infer<typeof Spare>;

export const LeaseState = z.enum([
  'planned',
  'granted',
  'active',
  'evacuating',
  'leaving',
  'draining',
  'released',
]);
export type LeaseState = z.infer<typeof LeaseState>;
export const Lease = z.object({
  id: LeaseId,
  targetId: TargetId,
  targetName: Name,
  spareId: SpareId,
  hostId: HostId,
  hostName: Name,
  deviceId: DeviceId,
  offsetSectors: Sectors,
  lengthSectors: Sectors,
  state: LeaseState,
  /** Table generation that first carries the lease. */
  generation: Generation,
  usedBlocks: z.int(),
  totalBlocks: z.int(),
  createdAt: Timestamp,
});
export type Lease = z.infer<typeof Lease>;
