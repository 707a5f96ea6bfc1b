import type { DesiredLease, DesiredState, TargetId } from '../../../libs/contract/index.js';
import { holderOf } from './actual.js';
import type { ActualHost } from './actual.js';
import { deviceOf } from './plan-leases.js';
import { leaseLabel, Refused } from './steps.js';
import type { Step } from './steps.js';

function checkNotWanted(lease: DesiredLease, desired: DesiredState): void {
  const wanted = desired.targets.find(({ leases }) =>
    leases.some(
      (other) =>
        other.leaseId === lease.leaseId ||
        (other.deviceId === lease.deviceId &&
          other.offsetSectors < lease.offsetSectors + lease.lengthSectors &&
          lease.offsetSectors < other.offsetSectors + other.lengthSectors),
    ),
  );
  if (wanted !== undefined) {
    throw new Refused(
      'LeaseStillWanted',
      `${leaseLabel(lease)} is to be wiped, but target ${wanted.name} is to have its extent`,
    );
  }
}

/** The target that gives the lease up first has to run with a table that does without it. */
function checkOwnerDoesWithout(owner: TargetId, desired: DesiredState, actual: ActualHost): void {
  const wanted = desired.targets.find(({ targetId }) => targetId === owner);
  if (wanted === undefined) return;
  const running = actual.targets.find(({ targetId }) => targetId === owner);
  if ((running?.table?.generation ?? -1) < wanted.tableGeneration) {
    throw new Refused(
      'TargetNotReady',
      `target ${wanted.name} does not yet run table generation ${wanted.tableGeneration}`,
    );
  }
}

/** The step that wipes a lease; throws `Refused` while anything may still need it. */
export function planWipe(lease: DesiredLease, desired: DesiredState, actual: ActualHost): Step[] {
  if (actual.wipedLeases.has(lease.leaseId)) return [];
  checkNotWanted(lease, desired);
  const device = deviceOf(lease, actual);
  const holder = holderOf({ ...lease, devno: device.devno }, actual);
  if (holder !== undefined) {
    throw new Refused('LeaseInUse', `${leaseLabel(lease)} is still in a table of ${holder}`);
  }
  const probe = actual.probes.get(lease.leaseId);
  if (probe === undefined || probe.kind === 'unreadable') {
    throw new Refused(
      'LeaseUnreadable',
      `${leaseLabel(lease)} cannot be read: ${probe?.reason ?? 'it was not looked at'}`,
    );
  }
  if (probe.kind === 'superblock' && probe.superblock.leaseId !== lease.leaseId) {
    throw new Refused(
      'LeaseOccupied',
      `${leaseLabel(lease)}: lease ${probe.superblock.leaseId} lives there`,
    );
  }
  const known = actual.knownLeases.find(({ leaseId }) => leaseId === lease.leaseId);
  const owner = probe.kind === 'superblock' ? probe.superblock.targetId : known?.targetId;
  if (owner !== undefined) checkOwnerDoesWithout(owner, desired, actual);
  return [{ kind: 'wipe', lease }];
}
