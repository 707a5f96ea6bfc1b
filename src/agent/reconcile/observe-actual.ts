import type { DesiredLease, DesiredState, LeaseId } from '../../../libs/contract/index.js';
import type { RemapStatus } from '../../../libs/dm-table/index.js';
import type { Inventory } from '../discover/inventory.js';
import type { Dmsetup } from '../dm/dmsetup.js';
import { readStatuses, readTargets } from '../dm/targets.js';
import type { Attempts } from '../evacuate/attempts.js';
import { probeLease } from '../lease/lease-device.js';
import type { Extent, LeaseProbe } from '../lease/lease-device.js';
import type { Memory } from '../memory.js';
import type { ActualHost } from './actual.js';

export type ProbeLease = (extent: Extent, leaseId: LeaseId) => Promise<LeaseProbe>;

export interface ActualSources {
  readonly inventory: () => Promise<Inventory>;
  readonly dmsetup: Dmsetup;
  readonly attempts: Attempts;
  readonly probe?: ProbeLease;
}

/** Every extent where a lease is, was, or is to be. */
function extentsToLookAt(desired: DesiredState, memory: Memory): DesiredLease[] {
  const leases = [
    ...memory.knownLeases,
    ...desired.targets.flatMap((target) => target.leases),
    ...desired.wipeLeases,
  ];
  return [...new Map(leases.map((lease) => [lease.leaseId, lease])).values()];
}

async function probeAll(
  leases: readonly DesiredLease[],
  inventory: Inventory,
  probe: ProbeLease,
): Promise<Map<LeaseId, LeaseProbe>> {
  const probes = new Map<LeaseId, LeaseProbe>();
  for (const lease of leases) {
    const device = inventory.get(lease.deviceId);
    const end = lease.offsetSectors + lease.lengthSectors;
    if (device === undefined || end > device.observed.sizeSectors) continue;
    probes.set(lease.leaseId, await probe({ ...lease, node: device.node }, lease.leaseId));
  }
  return probes;
}

/** Looks at everything that a plan depends on. */
export async function observeActual(
  { inventory: takeInventory, dmsetup, attempts, probe = probeLease }: ActualSources,
  desired: DesiredState,
  memory: Memory,
): Promise<ActualHost> {
  const inventory = await takeInventory();
  const targets = await readTargets(dmsetup);
  const statuses =
    targets.length === 0 ? new Map<string, RemapStatus>() : await readStatuses(dmsetup);
  for (const status of statuses.values()) attempts.look(status);
  return {
    devices: new Map(
      [...inventory].map(([id, { devno, observed }]) => [
        id,
        { devno, sizeSectors: observed.sizeSectors, usedBy: observed.usedBy },
      ]),
    ),
    targets: targets.map((target) => ({ ...target, status: statuses.get(target.name) ?? null })),
    probes: await probeAll(extentsToLookAt(desired, memory), inventory, probe),
    knownLeases: memory.knownLeases,
    liveLeases: new Set(memory.liveLeases),
    wipedLeases: new Set(memory.wipedLeases),
    evacuations: {
      asked: new Map(memory.evacuations.map(({ targetId, leaseId }) => [targetId, leaseId])),
      attempts: attempts.all,
      nowMs: performance.now(),
    },
  };
}
