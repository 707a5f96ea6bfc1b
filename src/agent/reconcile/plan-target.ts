import type { DesiredLease, DesiredTarget, LeaseId } from '../../../libs/contract/index.js';
import { assemble } from '../../../libs/dm-table/index.js';
import type { Assembly, RemapTable } from '../../../libs/dm-table/index.js';
import type { ActualHost, ActualTarget } from './actual.js';
import { planEvacuation } from '../evacuate/plan-evacuation.js';
import { deviceOf, prepareLeases } from './plan-leases.js';
import { Refused } from './steps.js';
import type { Step } from './steps.js';

function assemblyOf(target: DesiredTarget, actual: ActualHost): Assembly {
  const superblocks = [...actual.probes.values()].flatMap((probe) =>
    probe.kind === 'superblock' ? [probe.superblock] : [],
  );
  const assembly = assemble(target.targetId, superblocks);
  if (!assembly.ok) throw new Refused('MembersDisagree', assembly.message);
  const length = superblocks.find(
    ({ targetId, generation }) =>
      targetId === target.targetId && generation === assembly.value.generation,
  )?.mainSectors;
  if (assembly.value.generation > 0 && length !== target.lengthSectors) {
    throw new Refused(
      'MainLengthDiffers',
      `the leases say ${length ?? 0} sectors, the desired target has ${target.lengthSectors}`,
    );
  }
  return assembly.value;
}

function checkMainDevice(target: DesiredTarget, actual: ActualHost): void {
  const main = actual.devices.get(target.mainDeviceId);
  if (main === undefined) {
    throw new Refused('MainDeviceMissing', `main device ${target.mainDeviceId} is not here`);
  }
  if (target.mainOffsetSectors + target.lengthSectors > main.sizeSectors) {
    throw new Refused(
      'MainDeviceTooSmall',
      `main device ${target.mainDeviceId} has only ${main.sizeSectors} sectors`,
    );
  }
}

/** The members of the last table with their extents; all of them, or a remap would be missing. */
function memberLeases(
  target: DesiredTarget,
  actual: ActualHost,
  assembly: Assembly,
): DesiredLease[] {
  const extents = new Map<LeaseId, DesiredLease>(
    [...actual.knownLeases, ...target.leases].map(
      ({ leaseId, deviceId, offsetSectors, lengthSectors }) => [
        leaseId,
        { leaseId, deviceId, offsetSectors, lengthSectors, fresh: false, evacuate: false },
      ],
    ),
  );
  return assembly.members.map((leaseId) => {
    const extent = extents.get(leaseId);
    if (extent !== undefined) deviceOf(extent, actual);
    if (extent === undefined || assembly.missing.includes(leaseId)) {
      throw new Refused(
        'LeaseMissing',
        `lease ${leaseId}${extent ? ` on ${extent.deviceId}` : ''} was in the last table and is not found; without it remapped blocks would be lost`,
      );
    }
    return extent;
  });
}

/** As the leases say it last ran, and only from there to what is wanted now. */
function planAssembly(target: DesiredTarget, actual: ActualHost): Step[] {
  checkMainDevice(target, actual);
  const assembly = assemblyOf(target, actual);
  if (assembly.generation > 0) {
    const leases = memberLeases(target, actual, assembly);
    return [{ kind: 'create', target, generation: assembly.generation, leases }];
  }
  const formats = prepareLeases(target, actual, new Set());
  const { tableGeneration: generation, leases } = target;
  return [...formats, { kind: 'create', target, generation, leases }];
}

/** A lease that the kernel runs with is the kernel's to judge, even when it cannot be read just now. */
function isInTable(lease: DesiredLease, table: RemapTable, actual: ActualHost): boolean {
  const { devno } = deviceOf(lease, actual);
  return table.leases.some(
    ({ device, offsetSectors, lengthSectors }) =>
      device === devno &&
      offsetSectors === lease.offsetSectors &&
      lengthSectors === lease.lengthSectors,
  );
}

function planReload(target: DesiredTarget, running: ActualTarget, actual: ActualHost): Step[] {
  const { name, table } = running;
  if (table === null) {
    throw new Refused('TargetHasNoTable', `the table of ${name} is not one of type remap`);
  }
  const generation = target.tableGeneration;
  if (table.generation > generation) {
    throw new Refused(
      'DesiredBehindKernel',
      `${name} runs table generation ${table.generation}, ${generation} is wanted; the manager is behind`,
    );
  }
  if (table.generation === generation) return [];
  const members = new Set(assemblyOf(target, actual).members);
  const added = target.leases.filter((lease) => !isInTable(lease, table, actual));
  return [
    ...prepareLeases({ ...target, leases: added }, actual, members),
    { kind: 'load', name, target, generation, leases: target.leases },
    { kind: 'resume', name },
  ];
}

/**
 * What a crash may have left of a reload: a stale table goes first, since a resume would swap it in.
 * Afterwards the target is looked at again before anything else is done to it.
 */
export function planRecovery(running: ActualTarget): Step[] {
  const { name } = running;
  if (!running.hasLiveTable) return [{ kind: 'remove', name }];
  return [
    ...(running.hasInactiveTable ? [{ kind: 'clear' as const, name }] : []),
    ...(running.suspended ? [{ kind: 'resume' as const, name }] : []),
  ];
}

/** The next steps for one wanted target; throws `Refused` when something stands in the way. */
export function planTarget(target: DesiredTarget, actual: ActualHost): Step[] {
  const running = actual.targets.find(({ targetId }) => targetId === target.targetId);
  if (running === undefined) return planAssembly(target, actual);
  const recovery = planRecovery(running);
  if (recovery.length > 0) return recovery;
  const told = planJobs(target, running, actual);
  // A job that goes on into the next table would keep its lease out of use there.
  const isCancel = told[0]?.kind === 'cancel';
  const reload = planReload(target, running, actual);
  return reload.length === 0 || isCancel ? [...told, ...reload] : reload;
}

function planJobs(target: DesiredTarget, { status }: ActualTarget, actual: ActualHost): Step[] {
  if (status === null) return [];
  const { asked, ...memory } = actual.evacuations;
  const { action } = planEvacuation(target, status, {
    ...memory,
    asked: asked.get(target.targetId),
  });
  return action === null ? [] : [{ ...action, target }];
}
