import { z } from 'zod';
import {
  BlockSectors,
  DeviceId,
  Generation,
  HostId,
  LeaseId,
  Name,
  Sectors,
  TargetId,
} from './primitives.js';

/**
 * How long an agent's watch asks to be held. Each new one costs the manager some kilobytes that outlive its
 * young generation; proxies commonly give up on a silent answer after sixty seconds.
 */
export const WATCH_SECONDS = 50;

/** One extent of a spare device, superblock included. */
export const DesiredLease = z.object({
  leaseId: LeaseId,
  deviceId: DeviceId,
  offsetSectors: Sectors,
  lengthSectors: Sectors,
  /**
   * True until the manager has seen the lease in a running table. Only then may the agent format it: a lease
   * that ran and has lost its superblock held data.
   */
  fresh: z.boolean(),
  /** Its blocks are to move to the target's other leases, and nothing new is to go there. */
  evacuate: z.boolean().default(false),
});
export type DesiredLease = z.infer<typeof DesiredLease>;

export const DesiredTarget = z.object({
  targetId: TargetId,
  name: Name,
  mainDeviceId: DeviceId,
  mainOffsetSectors: Sectors,
  lengthSectors: Sectors,
  blockSectors: BlockSectors,
  /** Generation that the table must carry; grows with each change of this target's leases. */
  tableGeneration: Generation,
  /** In grant order, which is the order in the table. */
  leases: z.array(DesiredLease),
});
export type DesiredTarget = z.infer<typeof DesiredTarget>;

/**
 * GET /v1/agent/desired?after=G&waitSeconds=S: the whole wish for one host. Answers 200 as soon as the
 * host's desired generation is above G, 204 when S seconds went by without that.
 */
export const DesiredState = z.object({
  hostId: HostId,
  generation: Generation,
  targets: z.array(DesiredTarget),
  /** Targets to take down; only ones the agent made. */
  absentTargets: z.array(z.object({ targetId: TargetId, name: Name })),
  /** Extents whose superblocks are to be wiped before the manager may lend them again. */
  wipeLeases: z.array(DesiredLease),
});
export type DesiredState = z.infer<typeof DesiredState>;
