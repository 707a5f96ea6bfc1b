import type { DeviceId, HostId, Sectors, SpareId, TargetId } from '../contract/index.js';
import { PoolPolicy } from '../contract/index.js';
import type { FleetSnapshot, Place, PlacementRequest, SpareFact, TargetFact } from './snapshot.js';

export const HOST = '00000000-0000-4000-8000-0000000000aa' as HostId;
export const uuid = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
export const disk = (n: number) => `wwn:${n.toString(16).padStart(16, '0')}` as DeviceId;

export function place(n: number, domains: Place['domains'] = {}): Place {
  return { deviceId: disk(n), diskId: disk(n), hostId: HOST, domains };
}

export function spare(n: number, over: Partial<SpareFact> = {}): SpareFact {
  return {
    ...place(n),
    id: uuid(n) as SpareId,
    hostName: 'alpha',
    hostCordoned: false,
    cordoned: false,
    state: 'available',
    media: 'ssd',
    logicalBlockBytes: 512,
    sizeSectors: 1_048_576 as Sectors,
    leased: [],
    ...over,
  };
}

export function target(n: number, over: Partial<TargetFact> = {}): TargetFact {
  return {
    id: uuid(n) as TargetId,
    name: `r${n}`,
    hostId: HOST,
    main: place(n),
    arrayPeers: [],
    leases: [],
    ...over,
  };
}

export function fleet(over: Partial<FleetSnapshot> = {}): FleetSnapshot {
  return { spares: [], targets: [target(1000)], arrays: [], disks: [], ...over };
}

export function request(over: Partial<PlacementRequest> = {}): PlacementRequest {
  return {
    needId: null,
    targetId: uuid(1000) as TargetId,
    blockSectors: 8,
    lengthSectors: 16_384 as Sectors,
    ...over,
  };
}

export const policy = (over: Partial<PoolPolicy> = {}): PoolPolicy => ({
  ...PoolPolicy.parse({}),
  ...over,
});
