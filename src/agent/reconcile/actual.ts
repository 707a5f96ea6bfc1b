import type { DeviceId, LeaseId, TargetId } from '../../../libs/contract/index.js';
import type { RemapStatus, RemapTable } from '../../../libs/dm-table/index.js';
import type { Attempt } from '../evacuate/attempts.js';
import type { LeaseProbe } from '../lease/lease-device.js';
import type { KnownLease } from '../memory.js';

/** A disk or partition that is there now. */
export interface ActualDevice {
  readonly devno: string;
  readonly sizeSectors: number;
  readonly usedBy: readonly string[];
}

/** A mapped device of ours. */
export interface ActualTarget {
  readonly targetId: TargetId;
  readonly name: string;
  readonly suspended: boolean;
  readonly hasLiveTable: boolean;
  readonly table: RemapTable | null;
  readonly hasInactiveTable: boolean;
  readonly inactive: RemapTable | null;
  /** Null when it cannot be read. */
  readonly status: RemapStatus | null;
}

/** What the kernel was asked, which it does not tell. */
export interface ActualEvacuations {
  /** The lease of each target that it was asked to empty last. */
  readonly asked: ReadonlyMap<TargetId, LeaseId>;
  readonly attempts: ReadonlyMap<LeaseId, Attempt>;
  readonly nowMs: number;
}

/** All that a plan depends on, as it was found. */
export interface ActualHost {
  readonly devices: ReadonlyMap<DeviceId, ActualDevice>;
  readonly targets: readonly ActualTarget[];
  /** Of every lease that is wanted, known from before, or to be wiped. */
  readonly probes: ReadonlyMap<LeaseId, LeaseProbe>;
  readonly knownLeases: readonly KnownLease[];
  /** Never to be formatted again. */
  readonly liveLeases: ReadonlySet<LeaseId>;
  readonly wipedLeases: ReadonlySet<LeaseId>;
  readonly evacuations: ActualEvacuations;
}

export interface DeviceExtent {
  readonly devno: string;
  readonly offsetSectors: number;
  readonly lengthSectors: number;
}

const overlap = (a: DeviceExtent, b: DeviceExtent): boolean =>
  a.devno === b.devno &&
  a.offsetSectors < b.offsetSectors + b.lengthSectors &&
  b.offsetSectors < a.offsetSectors + a.lengthSectors;

/** The extents that a table takes, the main device's included. */
function extentsOf(table: RemapTable): DeviceExtent[] {
  const { mainDevice, mainOffsetSectors, lengthSectors, leases } = table;
  return [
    { devno: mainDevice, offsetSectors: mainOffsetSectors, lengthSectors },
    ...leases.map(({ device, ...lease }) => ({ devno: device, ...lease })),
  ];
}

/** The name of a target with a table, live or not, that takes any of the extent. */
export function holderOf(extent: DeviceExtent, actual: ActualHost): string | undefined {
  return actual.targets.find(({ table, inactive }) =>
    [table, inactive].some(
      (held) => held !== null && extentsOf(held).some((taken) => overlap(taken, extent)),
    ),
  )?.name;
}
