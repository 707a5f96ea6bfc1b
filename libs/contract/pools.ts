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
} from './primitives.js';
import { Media } from './inventory.js';

/** The level at which no spare may share a domain with another member of the same array. */
export const DomainLevel = z.enum(['disk', 'enclosure', 'controller', 'power', 'host', 'rack']);
export type DomainLevel = z.infer<typeof DomainLevel>;

export const PoolPolicy = z.object({
  name: z.enum(['least-utilised']).default('least-utilised'),
  /** Members of one array never share a domain at this level or a narrower one. */
  domainLevel: DomainLevel.default('disk'),
  /** Null admits every medium. */
  media: z.array(Media).nullable().default(null),
  /** Length of one lease. */
  leaseSectors: Sectors.default(16_384 as Sectors),
  /** A target asks for a further lease when its free blocks fall below this. */
  lowWaterBlocks: z.int().min(1).default(256),
});
export type PoolPolicy = z.infer<typeof PoolPolicy>;

export const CreatePool = z.object({ name: Name, policy: PoolPolicy.prefault({}) });
export type CreatePool = z.infer<typeof CreatePool>;
/** PATCH /v1/pools/:idOrName: fields of the policy that are left out stay as they are. */
export const UpdatePool = z.object({
  policy: z.object({
    domainLevel: DomainLevel.optional(),
    media: z.array(Media).nullable().optional(),
    leaseSectors: Sectors.optional(),
    lowWaterBlocks: z.int().min(1).optional(),
  }),
});
export type UpdatePool = z.infer<typeof UpdatePool>;
export const Pool = z.object({
  id: PoolId,
  name: Name,
  policy: PoolPolicy,
  spareCount: z.int(),
  totalSectors: Sectors,
  leasedSectors: Sectors,
  createdAt: Timestamp,
});
export type Pool = z.infer<typeof Pool>;

export const CreateSpare = z.object({ poolId: PoolId, hostId: HostId, deviceId: DeviceId });
export type CreateSpare = z.infer<typeof CreateSpare>;
export const UpdateSpare = z.object({ cordoned: z.boolean() });
export const Spare = z.object({
  id: SpareId,
  poolId: PoolId,
  poolName: Name,
  hostId: HostId,
  hostName: Name,
  deviceId: DeviceId,
  state: z.enum(['available', 'failing', 'missing']),
  cordoned: z.boolean(),
  totalSectors: Sectors,
  leasedSectors: Sectors,
  leaseCount: z.int(),
  createdAt: Timestamp,
});
export type Spare = z.infer<typeof Spare>;

export const LeaseState = z.enum(['planned', 'granted', 'active', 'draining', 'released']);
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
