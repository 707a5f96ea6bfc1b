import type {
  BlockSectors,
  DeviceId,
  FailureDomains,
  HostId,
  Media,
  NeedId,
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

export interface SpareFact extends Place {
  id: SpareId;
  hostName: string;
  hostCordoned: boolean;
  cordoned: boolean;
  state: 'available' | 'failing' | 'missing';
  media: Media;
  logicalBlockBytes: number;
  sizeSectors: Sectors;
  leased: Extent[];
}

export interface TargetFact {
  id: TargetId;
  name: string;
  hostId: HostId;
  main: Place;
  /** Main devices declared at creation as members of the same array. */
  arrayPeers: DeviceId[];
  /** Where its leases lie, released ones left out. */
  leases: Place[];
}

export interface ArrayFact {
  hostId: HostId;
  name: string;
  members: { targetId?: TargetId | undefined; deviceId?: DeviceId | undefined }[];
}

/**
 * What a plan is made on: the spares of the need's pool, and of the need's host all targets, arrays and
 * disks.
 */
export interface FleetSnapshot {
  spares: SpareFact[];
  targets: TargetFact[];
  arrays: ArrayFact[];
  disks: Place[];
}

export interface PlacementRequest {
  needId: NeedId | null;
  targetId: TargetId;
  blockSectors: BlockSectors;
  lengthSectors: Sectors;
}
