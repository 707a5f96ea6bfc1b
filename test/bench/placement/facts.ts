import type { DeviceId, HostId, PoolId, SpareId, TargetId } from '../../../libs/contract/index.js';
import {
  freeExtents,
  lendableSectors,
  type ArrayFact,
  type HostFacts,
  type SpareFact,
  type TargetFact,
} from '../../../libs/placement/index.js';

/** Facts of a made-up host, as the benchmarks of the planner use them. */

export const HOST = '00000000-0000-4000-8000-0000000000aa' as HostId;
export const POOL = '00000000-0000-4000-8000-0000000000dd' as PoolId;
const RESERVED_ENDS = 4096;

export const uuid = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
export const targetId = (index: number) => uuid(2000 + index) as TargetId;

const place = (n: number) => {
  const deviceId = `wwn:${n.toString(16).padStart(16, '0')}` as DeviceId;
  return { deviceId, diskId: deviceId, hostId: HOST, domains: {} };
};
const unknownMake = { model: null, firmware: null, batch: null, powerOnHours: null };

/** An empty spare that holds so many leases. */
export function spareOf(index: number, leases: number, leaseSectors: number): SpareFact {
  const lendable = lendableSectors(leases * leaseSectors + RESERVED_ENDS);
  return {
    ...place(1000 + index),
    ...unknownMake,
    ...{ id: uuid(index) as SpareId, number: index, poolId: POOL },
    ...{ hostName: 'bench', hostCordoned: false },
    ...{ cordoned: false, draining: false, state: 'available', predictedFailing: false },
    ...{ media: 'ssd', logicalBlockBytes: 512, physicalBlockBytes: 4096, protectionType: null },
    ...{ busyPercent: null, percentageUsed: null, wearPercentPerDay: null },
    ...{ lendableSectors: lendable, free: freeExtents(lendable, []), leasedTo: [] },
  };
}

export const targetOf = (index: number): TargetFact => ({
  ...{ id: targetId(index), name: `r${index}`, hostId: HOST },
  ...{ arrayPeers: [], leases: [], leaseCount: 0 },
  main: { ...place(2000 + index), ...unknownMake, media: null, protectionType: null },
});

export const arrayOf = (index: number, members: readonly TargetId[]): ArrayFact => ({
  ...{ hostId: HOST, uuid: `array-${index}`, name: `md${index}`, level: 'raid6' },
  ...{ raidDisks: members.length, degraded: 0, syncAction: 'idle' },
  members: members.map((id) => ({ targetId: id })),
});

export const hostOf = (over: Partial<HostFacts>): HostFacts => ({
  ...{ hostId: HOST, spares: [], targets: [], arrays: [], disks: [], grants: [] },
  ...over,
});
