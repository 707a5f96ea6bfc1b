import { z } from 'zod';
import {
  BlockSectors,
  Condition,
  DeviceId,
  Generation,
  HostId,
  Name,
  NeedId,
  PoolId,
  Sectors,
  TargetId,
  Timestamp,
  Version,
} from './primitives.js';
import { ObservedTarget } from './inventory.js';
import { NeedPriority } from './placement.js';

/** POST /v1/targets: put a remap target over a disk; the first lease is granted with it. */
export const CreateTarget = z.object({
  hostId: HostId,
  /** Device-mapper name; the mapped device is /dev/mapper/NAME. */
  name: Name,
  mainDeviceId: DeviceId,
  poolId: PoolId,
  blockSectors: BlockSectors.default(8),
  /**
   * Main devices that will be members of one array with this one. Known before md is, so that the first
   * lease already keeps its distance; the observed array takes over once it exists.
   */
  arrayPeers: z.array(DeviceId).default([]),
});
export type CreateTarget = z.infer<typeof CreateTarget>;

/** POST /v1/targets/:idOrName/leases with an Idempotency-Key header: a further lease, the policy's length. */
export const RequestLease = z.object({ lengthSectors: Sectors.optional() });
export type RequestLease = z.infer<typeof RequestLease>;

export const Target = z.object({
  id: TargetId,
  hostId: HostId,
  hostName: Name,
  name: Name,
  mainDeviceId: DeviceId,
  poolId: PoolId,
  poolName: Name,
  blockSectors: BlockSectors,
  lengthSectors: Sectors,
  state: z.enum(['planned', 'active', 'deleting']),
  desiredTableGeneration: Generation,
  freeBlocks: z.int(),
  lowWaterBlocks: z.int(),
  leaseCount: z.int(),
  /** Of late: a remap of six hours ago counts a third. */
  remapsPerHour: z.number(),
  observed: ObservedTarget.nullable(),
  conditions: z.array(Condition),
  version: Version,
  createdAt: Timestamp,
});
export type Target = z.infer<typeof Target>;

export const NeedState = z.enum(['open', 'placed', 'fulfilled', 'unmet', 'cancelled']);
export type NeedState = z.infer<typeof NeedState>;
export const Need = z.object({
  id: NeedId,
  targetId: TargetId,
  targetName: Name,
  hostId: HostId,
  hostName: Name,
  cause: z.enum(['initial', 'low-water', 'requested', 'evacuation']),
  state: NeedState,
  priority: NeedPriority,
  requestKey: z.string(),
  sectors: Sectors,
  attempts: z.int(),
  message: z.string().nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Need = z.infer<typeof Need>;
