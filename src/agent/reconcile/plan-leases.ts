import type { DesiredLease, DesiredTarget, LeaseId } from '../../../libs/contract/index.js';
import { holderOf } from './actual.js';
import type { ActualDevice, ActualHost } from './actual.js';
import { leaseLabel, Refused } from './steps.js';
import type { Step } from './steps.js';

/** The device of a lease, when it is there and reaches far enough. */
export function deviceOf(lease: DesiredLease, actual: ActualHost): ActualDevice {
  const device = actual.devices.get(lease.deviceId);
  if (device === undefined) {
    throw new Refused('LeaseDeviceMissing', `${leaseLabel(lease)}: the device is not here`);
  }
  if (lease.offsetSectors + lease.lengthSectors > device.sizeSectors) {
    throw new Refused(
      'LeaseOutsideDevice',
      `${leaseLabel(lease)} ends beyond the device, which has ${device.sizeSectors} sectors`,
    );
  }
  return device;
}

/** Refuses to format where anything else may live. */
function checkFormat(
  lease: DesiredLease,
  device: ActualDevice,
  actual: ActualHost,
  members: ReadonlySet<LeaseId>,
): void {
  if (!lease.fresh || actual.liveLeases.has(lease.leaseId) || members.has(lease.leaseId)) {
    throw new Refused(
      'LeaseLost',
      `${leaseLabel(lease)} was in use but has no valid superblock any more; it is not formatted`,
    );
  }
  const foreign = device.usedBy.filter((use) => use !== 'dm-remap');
  if (foreign.length > 0) {
    throw new Refused(
      'LeaseDeviceInUse',
      `${leaseLabel(lease)} is not formatted: the device is in use (${foreign.join(', ')})`,
    );
  }
  const holder = holderOf({ ...lease, devno: device.devno }, actual);
  if (holder !== undefined) {
    throw new Refused(
      'LeaseOccupied',
      `${leaseLabel(lease)} lies in an extent that ${holder} uses`,
    );
  }
}

/** Nothing for a lease that is formatted already, a format for one that never was. */
function prepareLease(
  target: DesiredTarget,
  lease: DesiredLease,
  actual: ActualHost,
  members: ReadonlySet<LeaseId>,
): Step[] {
  const device = deviceOf(lease, actual);
  const probe = actual.probes.get(lease.leaseId);
  if (probe === undefined || probe.kind === 'unreadable') {
    throw new Refused(
      'LeaseUnreadable',
      `${leaseLabel(lease)} cannot be read: ${probe?.reason ?? 'it was not looked at'}`,
    );
  }
  if (probe.kind === 'blank') {
    if (probe.entries) {
      throw new Refused(
        'LeaseLost',
        `${leaseLabel(lease)} has remaps but no valid superblock; it is not formatted`,
      );
    }
    checkFormat(lease, device, actual, members);
    return [{ kind: 'format', target, lease }];
  }
  const { targetId, leaseId, lengthSectors, blockSectors } = probe.superblock;
  if (targetId !== target.targetId || leaseId !== lease.leaseId) {
    throw new Refused(
      'LeaseOccupied',
      `${leaseLabel(lease)}: lease ${leaseId} of target ${targetId} lives there`,
    );
  }
  if (lengthSectors !== lease.lengthSectors || blockSectors !== target.blockSectors) {
    throw new Refused(
      'LeaseDiffers',
      `${leaseLabel(lease)} was formatted with ${lengthSectors} sectors and blocks of ${blockSectors}`,
    );
  }
  return [];
}

/** The formats needed before a table may carry all leases of the target. */
export function prepareLeases(
  target: DesiredTarget,
  actual: ActualHost,
  members: ReadonlySet<LeaseId>,
): Step[] {
  return target.leases.flatMap((lease) => prepareLease(target, lease, actual, members));
}
