import { describe, expect, it } from '@jest/globals';
import type { DesiredState, Generation, Sectors } from '../../../libs/contract/index.js';
import type { RemapStatus } from '../../../libs/dm-table/index.js';
import { planSteps } from './plan.js';
import {
  desiredState,
  deviceId,
  lease,
  leaseId,
  superblock,
  target,
  targetId,
  World,
} from './world.js';

const plan = (world: World, desired: DesiredState) => planSteps(desired, world.actual(desired));

const steps = (world: World, desired: DesiredState) =>
  plan(world, desired).tasks.flatMap((task) => task.steps);

const kinds = (world: World, desired: DesiredState) =>
  steps(world, desired).map(({ kind }) => kind);

const refusals = (world: World, desired: DesiredState) =>
  plan(world, desired).refusals.map(({ subject, reason }) => `${subject} ${reason}`);

/** A world where the target runs with these leases. */
function running(generation: number, leases: readonly number[]): World {
  const world = new World();
  const wanted = target(generation, leases);
  for (const number of leases) world.put(lease(number), superblock(number, generation, leases));
  const table = world.table({
    target: wanted,
    generation: generation as Generation,
    leases: wanted.leases,
  });
  world.mapped.set('r0', {
    name: 'r0',
    targetId: targetId(1),
    suspended: false,
    live: table,
    inactive: null,
  });
  wanted.leases.forEach((each) => world.liveLeases.add(each.leaseId));
  world.remember(desiredState([wanted]));
  return world;
}

describe('a target that is not there', () => {
  it('is created on newly formatted leases when none of them has ever run', () => {
    expect(kinds(new World(), desiredState([target(1, [1, 2])]))).toEqual([
      'format',
      'format',
      'create',
    ]);
  });

  it('keeps a lease that was formatted for it before a crash', () => {
    const world = new World().put(lease(1), superblock(1));
    expect(kinds(world, desiredState([target(1, [1])]))).toEqual(['create']);
  });

  it('is first assembled as its leases say it last ran, and only then reloaded', () => {
    const world = new World();
    for (const number of [2, 1]) world.put(lease(number), superblock(number, 4, [2, 1]));
    const desired = desiredState([target(5, [1, 2, 3])]);
    const [step, ...more] = steps(world, desired);
    expect(more).toEqual([]);
    expect(step).toMatchObject({
      kind: 'create',
      generation: 4,
      leases: [{ leaseId: leaseId(2) }, { leaseId: leaseId(1) }],
    });
  });

  it('waits for a member of its last table that is missing', () => {
    const world = new World().put(lease(1), superblock(1, 4, [1, 2]));
    const desired = desiredState([target(4, [1, 2])]);
    expect(kinds(world, desired)).toEqual([]);
    expect(refusals(world, desired)).toEqual(['TargetReady/r0 LeaseMissing']);
  });

  it('waits for its main device', () => {
    const world = new World();
    world.devices.delete(deviceId('main'));
    expect(refusals(world, desiredState([target(1, [1])]))).toEqual([
      'TargetReady/r0 MainDeviceMissing',
    ]);
  });

  it('does not hold up another one', () => {
    const world = new World();
    const blocked = target(1, [1], { mainDeviceId: deviceId('gone') });
    const other = target(1, [2], { targetId: targetId(2), name: 'r1' });
    expect(kinds(world, desiredState([blocked, other]))).toEqual(['format', 'create']);
  });
});

describe('a lease', () => {
  it('of another target is never formatted', () => {
    const world = new World().put(lease(1), superblock(9, 3, [9], 2));
    expect(refusals(world, desiredState([target(1, [1])]))).toEqual([
      'TargetReady/r0 LeaseOccupied',
    ]);
  });

  it('that a table has held is never formatted, even when its superblock is gone', () => {
    const world = new World();
    world.liveLeases.add(leaseId(1));
    expect(refusals(world, desiredState([target(1, [1])]))).toEqual(['TargetReady/r0 LeaseLost']);
  });

  it('that the manager has seen running is never formatted, even when the host remembers nothing', () => {
    const ran = target(1, [1], { leases: [{ ...lease(1), fresh: false }] });
    expect(refusals(new World(), desiredState([ran]))).toEqual(['TargetReady/r0 LeaseLost']);
  });

  it('that another lease names as a member is never formatted', () => {
    const world = running(3, [1]).put(lease(1), superblock(1, 3, [1, 2]));
    expect(refusals(world, desiredState([target(4, [1, 2])]))).toEqual([
      'TargetReady/r0 LeaseLost',
    ]);
  });

  it('inside an extent that a table uses is never formatted', () => {
    const world = running(3, [1]);
    const inside = { ...lease(2), offsetSectors: (lease(1).offsetSectors + 8192) as Sectors };
    const other = target(1, [], { targetId: targetId(2), name: 'r1', leases: [inside] });
    expect(refusals(world, desiredState([target(3, [1]), other]))).toEqual([
      'TargetReady/r1 LeaseOccupied',
    ]);
  });

  it('on a device that something else uses is never formatted', () => {
    const world = new World();
    world.devices.set(deviceId('spare'), {
      devno: '8:32',
      sizeSectors: 1 << 20,
      usedBy: ['mounted'],
    });
    expect(refusals(world, desiredState([target(1, [1])]))).toEqual([
      'TargetReady/r0 LeaseDeviceInUse',
    ]);
  });

  it('beyond the end of its device is refused', () => {
    const world = new World();
    world.devices.set(deviceId('spare'), { devno: '8:32', sizeSectors: 4096, usedBy: [] });
    expect(refusals(world, desiredState([target(1, [1])]))).toEqual([
      'TargetReady/r0 LeaseOutsideDevice',
    ]);
  });
});

describe('a running target', () => {
  it('is left alone when its generation is the wanted one', () => {
    expect(plan(running(3, [1]), desiredState([target(3, [1])]))).toEqual({
      tasks: [],
      refusals: [],
    });
  });

  it('gets a higher generation by format, load and resume', () => {
    expect(kinds(running(3, [1]), desiredState([target(4, [1, 2])]))).toEqual([
      'format',
      'load',
      'resume',
    ]);
  });

  it('never gets a lower generation', () => {
    expect(refusals(running(3, [1]), desiredState([target(2, [1])]))).toEqual([
      'TargetReady/r0 DesiredBehindKernel',
    ]);
  });

  it('gets a new lease even while one that it runs with cannot be read', () => {
    const world = running(3, [1]);
    const desired = desiredState([target(4, [1, 2])]);
    const actual = world.actual(desired);
    const probes = new Map(actual.probes).set(leaseId(1), { kind: 'unreadable', reason: 'EIO' });
    const planned = planSteps(desired, { ...actual, probes });
    expect(planned.tasks.flatMap((task) => task.steps).map(({ kind }) => kind)).toEqual([
      'format',
      'load',
      'resume',
    ]);
  });

  it('that was left suspended loses a stale table before it goes on', () => {
    const world = running(3, [1]);
    const mapped = world.mapped.get('r0');
    if (mapped) Object.assign(mapped, { suspended: true, inactive: mapped.live });
    expect(kinds(world, desiredState([target(4, [1, 2])]))).toEqual(['clear', 'resume']);
    expect(kinds(world, desiredState([]))).toEqual(['clear', 'resume']);
  });

  it('without any table, as a creation cut short leaves it, is removed', () => {
    const world = running(3, [1]);
    Object.assign(world.mapped.get('r0') ?? {}, { live: null });
    expect(kinds(world, desiredState([target(3, [1])]))).toEqual(['remove']);
  });

  it('is removed when it is to be absent, and stays when nobody says so', () => {
    const absent = desiredState([], { absentTargets: [{ targetId: targetId(1), name: 'r0' }] });
    expect(kinds(running(3, [1]), absent)).toEqual(['remove']);
    expect(kinds(running(3, [1]), desiredState([]))).toEqual([]);
  });
});

describe('a running target with a lease that is to be emptied', () => {
  const job = {
    kind: 'evacuate',
    state: 'running',
    doneBlocks: 1,
    totalBlocks: 9,
    failedBlocks: 0,
  };
  const emptying = (generation: number, leases: readonly number[]) =>
    target(generation, [], {
      leases: leases.map((number) => ({ ...lease(number), evacuate: number === 1 })),
    });

  /** Leases 1 and 2, of which the first holds nine blocks. */
  function inUse(now: RemapStatus['job']): World {
    const world = running(3, [1, 2]);
    const leases = [1, 2].map((number) => ({ leaseId: leaseId(number), usedBlocks: 9 }));
    world.status = { generation: 3, pendingBlocks: 0, job: now, leases } as unknown as RemapStatus;
    return world;
  }

  it('has the kernel empty it, once the desired table runs', () => {
    expect(steps(inUse(null), desiredState([emptying(3, [1, 2])]))).toMatchObject([
      { kind: 'evacuate', leaseId: leaseId(1) },
    ]);
    expect(kinds(inUse(null), desiredState([emptying(4, [1, 2])]))).toEqual(['load', 'resume']);
  });

  it('is left alone while the kernel does so', () => {
    const world = inUse(job as RemapStatus['job']);
    world.evacuations.asked.set(targetId(1), leaseId(1));
    expect(plan(world, desiredState([emptying(3, [1, 2])]))).toEqual({ tasks: [], refusals: [] });
  });

  it('has the job cancelled when the lease is to stay, before another table carries it on', () => {
    const world = inUse(job as RemapStatus['job']);
    world.evacuations.asked.set(targetId(1), leaseId(1));
    expect(kinds(world, desiredState([target(3, [1, 2])]))).toEqual(['cancel']);
    expect(kinds(world, desiredState([target(4, [1, 2])]))).toEqual(['cancel', 'load', 'resume']);
  });

  it('gives it up only when it is told to, and wipes it only once no table holds it', () => {
    const without = desiredState([target(4, [2])], { wipeLeases: [lease(1)] });
    expect(refusals(inUse(null), without)).toEqual([`LeaseWiped/${leaseId(1)} LeaseInUse`]);
    expect(kinds(inUse(null), without)).toEqual(['load', 'resume']);
  });
});

describe('a lease to wipe', () => {
  const wiping = (targets: DesiredState['targets'], number = 1) =>
    desiredState(targets, { wipeLeases: [lease(number)] });

  it('is wiped once nothing uses it', () => {
    const world = new World().put(lease(1), superblock(1, 3, [1]));
    expect(kinds(world, wiping([]))).toEqual(['wipe']);
  });

  it('is not wiped again', () => {
    const world = new World();
    world.wipedLeases.add(leaseId(1));
    expect(kinds(world, wiping([]))).toEqual([]);
  });

  it('waits while a table holds it', () => {
    expect(refusals(running(3, [1]), wiping([]))).toEqual([`LeaseWiped/${leaseId(1)} LeaseInUse`]);
  });

  it('waits until its target runs without it', () => {
    const world = new World();
    for (const number of [1, 2]) world.put(lease(number), superblock(number, 3, [1, 2]));
    world.remember(desiredState([target(3, [1, 2])]));
    expect(refusals(world, wiping([target(4, [2])]))).toEqual([
      `LeaseWiped/${leaseId(1)} TargetNotReady`,
    ]);
  });

  it('is refused when a target is to have the extent', () => {
    expect(refusals(running(3, [2]), wiping([target(3, [2])], 2))).toEqual([
      `LeaseWiped/${leaseId(2)} LeaseStillWanted`,
    ]);
  });

  it('is refused when another lease lives there', () => {
    const world = new World().put(lease(1), superblock(7, 3, [7], 2));
    expect(refusals(world, wiping([]))).toEqual([`LeaseWiped/${leaseId(1)} LeaseOccupied`]);
  });
});
