import { z } from 'zod';
import {
  BlockSectors,
  Condition,
  DeviceId,
  Generation,
  HostId,
  LeaseId,
  Name,
  Sectors,
  TargetId,
  Timestamp,
  Version,
} from './primitives.js';

/** Where a disk sits; each present label is a failure domain. The host is always one. */
export const FailureDomains = z.object({
  enclosure: z.string().optional(),
  slot: z.int().optional(),
  controller: z.string().optional(),
  power: z.string().optional(),
  rack: z.string().optional(),
});
export type FailureDomains = z.infer<typeof FailureDomains>;

export const Media = z.enum(['hdd', 'ssd', 'nvme']);
export type Media = z.infer<typeof Media>;

/**
 * What a disk tells of itself over time; a partition has what its disk has. Null is not known: an agent says so
 * after its start, and the manager keeps what was known before.
 */
export const DiskMeasurements = z.object({
  /** Of an hour. */
  busyPercent: z.int().min(0).max(100).nullable(),
  /** Of its rated endurance; it may go on beyond 100. */
  percentageUsed: z.int().min(0).nullable(),
  /** Whole days, in hours. */
  powerOnHours: z.int().min(0).nullable(),
  /** It still serves, and says itself that it will fail. */
  predictedFailing: z.boolean().nullable(),
});
export type DiskMeasurements = z.infer<typeof DiskMeasurements>;

export const NOT_MEASURED: DiskMeasurements = {
  busyPercent: null,
  percentageUsed: null,
  powerOnHours: null,
  predictedFailing: null,
};

/** T10 protection information that a device is formatted with; 0 is none. */
export const ProtectionType = z.literal([0, 1, 2, 3]);
export type ProtectionType = z.infer<typeof ProtectionType>;

/** A disk or partition as the agent sees it now. */
export const ObservedDisk = z.object({
  id: DeviceId,
  /** Kernel name at the time of the report, for people only. */
  kernelName: z.string(),
  /** The whole disk that a partition lies on; equal to `id` for a disk. */
  diskId: DeviceId,
  model: z.string(),
  serial: z.string(),
  firmware: z.string(),
  media: Media,
  sizeSectors: Sectors,
  logicalBlockBytes: z.int(),
  physicalBlockBytes: z.int(),
  protectionType: ProtectionType.nullable().default(null),
  domains: FailureDomains,
  health: z.enum(['ok', 'failing', 'unknown']),
  measured: DiskMeasurements.default(NOT_MEASURED),
  /** What already uses it: `mounted`, `md`, `dm`, `partitions`, `filesystem`…; empty when it is free. */
  usedBy: z.array(z.string()),
});
export type ObservedDisk = z.infer<typeof ObservedDisk>;

/** An md array as `/proc/mdstat` and sysfs show it. */
export const ObservedArray = z.object({
  uuid: z.string(),
  kernelName: z.string(),
  level: z.string(),
  state: z.string(),
  raidDisks: z.int(),
  degraded: z.int(),
  /** `idle`, `resync`, `recover`, `check`, `repair`, … */
  syncAction: z.string(),
  members: z.array(
    z.object({
      kernelName: z.string(),
      role: z.string(),
      state: z.string(),
      /** Set when the member is a remap target. */
      targetId: TargetId.optional(),
      /** Set when the member is a disk or partition. */
      deviceId: DeviceId.optional(),
    }),
  ),
});
export type ObservedArray = z.infer<typeof ObservedArray>;

export const LeaseHealth = z.enum(['ok', 'full', 'failed']);
export type LeaseHealth = z.infer<typeof LeaseHealth>;

/** A lease as the kernel's status line gives it; counts are blocks. */
export const ObservedLease = z.object({
  leaseId: LeaseId,
  totalBlocks: z.int(),
  usedBlocks: z.int(),
  retiredBlocks: z.int(),
  errors: z.int(),
  state: LeaseHealth,
});
export type ObservedLease = z.infer<typeof ObservedLease>;

/** The last long command of a target, as its status line gives it; counts are blocks. */
export const ObservedJob = z.object({
  kind: z.enum(['release', 'evacuate', 'migrate']),
  state: z.enum(['running', 'done', 'cancelled']),
  doneBlocks: z.int(),
  totalBlocks: z.int(),
  /** Those that stayed where they were. */
  failedBlocks: z.int(),
});
export type ObservedJob = z.infer<typeof ObservedJob>;

/** A remap target as the kernel's table and status lines give it; counts are blocks unless named otherwise. */
export const ObservedTarget = z.object({
  targetId: TargetId,
  name: Name,
  /** Generation of the table the kernel runs. */
  tableGeneration: Generation,
  suspended: z.boolean(),
  blockSectors: BlockSectors,
  mode: z.enum(['rw', 'nospace', 'readonly', 'failed']),
  usedBlocks: z.int(),
  totalBlocks: z.int(),
  pendingBlocks: z.int(),
  readErrors: z.int(),
  writeErrors: z.int(),
  remapFailures: z.int(),
  leases: z.array(ObservedLease),
  /** Null when none was started since the target was made. */
  job: ObservedJob.nullable().default(null),
});
export type ObservedTarget = z.infer<typeof ObservedTarget>;

/** PUT /v1/agent/observed: everything the agent sees, whole every time (level-triggered). */
export const ObservedState = z.object({
  bootId: z.string(),
  /** Strictly growing per agent start-up and report; the manager drops a lower one as late. */
  sequence: z.int(),
  /** The host generation whose desired state the agent has brought about completely. */
  observedGeneration: Generation,
  kernelRelease: z.string(),
  agentVersion: z.string(),
  disks: z.array(ObservedDisk),
  arrays: z.array(ObservedArray),
  targets: z.array(ObservedTarget),
  /** Leases whose superblock the agent has wiped since the manager asked for it. */
  wipedLeases: z.array(LeaseId),
  /** `Type` `TargetReady/<name>`, `DesiredApplied`, … with the reason of what stands in the way. */
  conditions: z.array(Condition),
});
export type ObservedState = z.infer<typeof ObservedState>;

export const Host = z.object({
  id: HostId,
  name: Name,
  state: z.enum(['ready', 'unreachable']),
  cordoned: z.boolean(),
  draining: z.boolean(),
  desiredGeneration: Generation,
  observedGeneration: Generation,
  kernelRelease: z.string().nullable(),
  agentVersion: z.string().nullable(),
  lastSeenAt: Timestamp.nullable(),
  enrolledAt: Timestamp,
  version: Version,
  conditions: z.array(Condition),
});
export type Host = z.infer<typeof Host>;

export const Disk = ObservedDisk.extend({ hostId: HostId, hostName: Name, lastSeenAt: Timestamp });
export type Disk = z.infer<typeof Disk>;

export const RaidArray = ObservedArray.extend({ hostId: HostId, hostName: Name });
export type RaidArray = z.infer<typeof RaidArray>;
