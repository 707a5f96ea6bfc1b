import type {
  BlockSectors,
  DeviceId,
  FailureDomains,
  HostId,
  Media,
  NeedId,
  NeedPriority,
  PoolId,
  PoolPolicy,
  ProtectionType,
  Sectors,
  SpareId,
  TargetId,
} from '../contract/index.js';

/** A half-open range of sectors of a spare device: [offset, offset + length). */
export interface Extent {
  offset: number;
  length: number;
}

/** Where a device lies; the host is always a failure domain, the labels only when known. */
export interface Place {
  deviceId: DeviceId;
  /** The whole disk; equal to deviceId for a disk. */
  diskId: DeviceId;
  hostId: HostId;
  domains: FailureDomains;
}

/** What tells how alike two disks are, null where it is not known. */
export interface Make {
  model: string | null;
  firmware: string | null;
  batch: string | null;
  powerOnHours: number | null;
}

export interface SpareFact extends Place, Make {
  id: SpareId;
  /** What the books name it by where its id would be too long. */
  number: number;
  poolId: PoolId;
  hostName: string;
  hostCordoned: boolean;
  cordoned: boolean;
  /** It is being emptied, or its host is. */
  draining: boolean;
  state: 'available' | 'failing' | 'missing';
  /** Its measurements say that it will fail, though it still says that it is well. */
  predictedFailing: boolean;
  media: Media;
  logicalBlockBytes: number;
  physicalBlockBytes: number;
  protectionType: ProtectionType | null;
  /** Of its time. */
  busyPercent: number | null;
  /** Of its rated endurance: NVMe percentage used, or the ATA attribute that says the same. */
  percentageUsed: number | null;
  /** As measured; null when too little was measured. */
  wearPercentPerDay: number | null;
  lendableSectors: Sectors;
  /** The gaps between live leases, ascending; no two touch. */
  free: Extent[];
  /** Live leases summed by target, one entry a target. */
  leasedTo: { targetId: TargetId; sectors: number }[];
}

export interface MainFact extends Place, Make {
  media: Media | null;
  protectionType: ProtectionType | null;
}

export interface TargetFact {
  id: TargetId;
  name: string;
  hostId: HostId;
  main: MainFact;
  /** Main devices declared at creation as members of the same array. */
  arrayPeers: DeviceId[];
  /** The devices that its live leases lie on, each once. */
  leases: Place[];
  /** Its live leases. */
  leaseCount: number;
}

export interface ArrayMemberFact {
  targetId?: TargetId | undefined;
  deviceId?: DeviceId | undefined;
  /** Joins arrays on arrays: the name of the array that is the member. */
  kernelName?: string | undefined;
}

/** An md array as observed; the fields are those of `ObservedArray`. */
export interface ArrayFact {
  hostId: HostId;
  uuid: string;
  /** Its kernel name. */
  name: string;
  level: string;
  raidDisks: number;
  degraded: number;
  syncAction: string;
  members: ArrayMemberFact[];
}

/**
 * All that planning for the targets of one host needs. `applyGrant` and `applyRelease` change it, so that
 * the next plan sees what the last one did.
 */
export interface HostFacts {
  hostId: HostId;
  /** Of every pool, as far as the host can reach them: its own, and those of others that it sees. */
  spares: SpareFact[];
  targets: TargetFact[];
  arrays: ArrayFact[];
  disks: Place[];
  /** When leases were granted to the host's targets within the last hour: epoch ms, ascending. */
  grants: number[];
}

export interface PoolFacts {
  id: PoolId;
  name: string;
  policy: PoolPolicy;
  /** On all hosts. */
  spareCount: number;
  /** Leases granted from it within the last hour. */
  grants: number;
}

export interface PlacementRequest {
  needId: NeedId | null;
  targetId: TargetId;
  blockSectors: BlockSectors;
  lengthSectors: Sectors;
  priority: NeedPriority;
  /** Nothing forces it now, such as rebalancing. */
  voluntary: boolean;
}
