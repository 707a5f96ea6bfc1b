import type { PoolPolicy } from '../contract/index.js';
import {
  freeExtents,
  lendableSectors,
  type HostFacts,
  type Make,
  type Place,
  type PoolFacts,
  type SpareFact,
  type TargetFact,
} from '../placement/index.js';
import { wearAt, type Drive } from './drive.js';
import type { Bay, HostLayout } from './host-layout.js';
import { deviceId, hostId, poolId, spareId, targetId } from './identities.js';
import { HOURS_A_DAY, HOURS_A_YEAR } from './rates.js';

/** The virtual fleet as the planner is told of it. */

export function emptyHost({ index, name, arrays }: HostLayout): HostFacts {
  return {
    ...{ hostId: hostId(index), spares: [], targets: [], disks: [], grants: [] },
    arrays: arrays.map(({ level, bays }, n) => ({
      ...{ hostId: hostId(index), uuid: `${name}-md${n}`, name: `md${n}`, level },
      ...{ raidDisks: bays.length, degraded: 0, syncAction: 'idle', members: [] },
    })),
  };
}

/** A pool of its own for each host. */
export const poolOf = ({ index, bays, mains }: HostLayout, policy: PoolPolicy): PoolFacts => ({
  ...{ id: poolId(index), name: 'spares', policy, grants: 0 },
  spareCount: bays.length - mains,
});

function placeOf(index: number, bay: number, { domains }: Bay, { generation }: Drive): Place {
  const id = deviceId(index, bay, generation);
  return { deviceId: id, diskId: id, hostId: hostId(index), domains };
}

const makeOf = ({ model, firmware, batch, bornHours }: Drive): Make => ({
  ...{ model: model.name, firmware, batch, powerOnHours: Math.max(0, -bornHours) },
});

export function targetFact(index: number, bay: number, where: Bay, drive: Drive): TargetFact {
  return {
    ...{ id: targetId(index, bay, drive.generation), name: `r${bay}`, hostId: hostId(index) },
    main: {
      ...{ ...placeOf(index, bay, where, drive), ...makeOf(drive) },
      ...{ media: drive.model.media, protectionType: null },
    },
    ...{ arrayPeers: [], leases: [], leaseCount: 0 },
  };
}

export function spareFact(layout: HostLayout, bay: number, where: Bay, drive: Drive): SpareFact {
  const { index, name } = layout;
  const { bornHours, wearPercentAYear } = drive;
  const lendable = lendableSectors(where.spareSectors);
  return {
    ...{ ...placeOf(index, bay, where, drive), ...makeOf(drive) },
    ...{ id: spareId(index, bay, drive.generation), number: bay },
    ...{ poolId: poolId(index), hostName: name },
    ...{ hostCordoned: false, cordoned: false, draining: false, state: 'available' },
    ...{ predictedFailing: false, media: drive.model.media, protectionType: null },
    ...{ logicalBlockBytes: 512, physicalBlockBytes: 4096, busyPercent: where.busyPercent },
    percentageUsed: wearAt(drive, bornHours),
    wearPercentPerDay:
      wearPercentAYear === null ? null : (wearPercentAYear * HOURS_A_DAY) / HOURS_A_YEAR,
    ...{ lendableSectors: lendable, free: freeExtents(lendable, []), leasedTo: [] },
  };
}
