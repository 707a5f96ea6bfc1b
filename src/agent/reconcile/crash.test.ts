import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DesiredState, Generation } from '../../../libs/contract/index.js';
import { planSteps } from './plan.js';
import type { Step } from './steps.js';
import { desiredState, lease, superblock, target, targetId, World } from './world.js';

/** After how many points the agent dies or the power goes; the last life is left in peace. */
type Crash = { readonly after: number; readonly power: boolean };

const crashes = fc.array(fc.record({ after: fc.nat(14), power: fc.boolean() }), { maxLength: 6 });

function checkStep(step: Step, world: World): void {
  if (step.kind === 'format') {
    expect(world.superblocks.get(`8:32+${step.lease.offsetSectors}`)).toBeUndefined();
    expect(world.liveLeases.has(step.lease.leaseId)).toBe(false);
  }
  if (step.kind === 'load' || step.kind === 'create') {
    const runs = [...world.mapped.values()].find(
      ({ live }) => live?.targetId === step.target.targetId,
    );
    expect(step.generation).toBeGreaterThan(runs?.live?.generation ?? 0);
  }
}

/** Plans and performs until nothing is left, or until `budget` crash points have passed. */
function live(world: World, desired: DesiredState, budget: number): 'settled' | 'crashed' {
  let points = 0;
  for (let round = 0; round < 6; round += 1) {
    const { tasks } = planSteps(desired, world.actual(desired));
    if (tasks.length === 0) return 'settled';
    for (const step of tasks.flatMap((task) => task.steps)) {
      checkStep(step, world);
      const performing = world.perform(step);
      while (performing.next().done !== true) {
        points += 1;
        if (points > budget) return 'crashed';
      }
    }
  }
  throw new Error('it does not settle');
}

function liveThrough(world: World, desired: DesiredState, plan: readonly Crash[]): void {
  for (const { after, power } of plan) {
    live(world, desired, after);
    if (power) world.cutPower();
  }
  expect(live(world, desired, Infinity)).toBe('settled');
}

function expectReached(world: World, desired: DesiredState): void {
  expect(planSteps(desired, world.actual(desired))).toEqual({ tasks: [], refusals: [] });
  for (const wanted of desired.targets) {
    const mapped = world.mapped.get(wanted.name);
    expect(mapped).toMatchObject({ suspended: false, inactive: null });
    expect(mapped?.live).toEqual(
      world.table({ target: wanted, generation: wanted.tableGeneration, leases: wanted.leases }),
    );
  }
}

describe('however often and wherever the agent dies or the power goes', () => {
  it('a target comes to be, grows, and ends with exactly the wanted table', () => {
    fc.assert(
      fc.property(fc.array(crashes, { minLength: 1, maxLength: 5 }), (lives) => {
        const world = new World();
        lives.forEach((plan, index) => {
          const generation = index + 1;
          const leases = Array.from({ length: generation }, (_, number) => number + 1);
          const desired = desiredState([target(generation, leases)], {
            generation: generation as Generation,
          });
          liveThrough(world, desired, plan);
          expectReached(world, desired);
        });
      }),
    );
  });

  it('no lease is formatted again once a table may have held it', () => {
    fc.assert(
      fc.property(crashes, crashes, (first, second) => {
        const world = new World();
        liveThrough(world, desiredState([target(1, [1])]), first);
        const formatsBefore = world.formatted.length;
        liveThrough(world, desiredState([target(2, [1, 2])]), second);
        const later = world.formatted.slice(formatsBefore);
        expect(later).not.toContain(lease(1).leaseId);
      }),
    );
  });

  it('a target that is to be absent goes, and its lease is wiped only then', () => {
    fc.assert(
      fc.property(crashes, (plan) => {
        const world = new World();
        liveThrough(world, desiredState([target(1, [1])]), []);
        const desired = desiredState([], {
          absentTargets: [{ targetId: targetId(1), name: 'r0' }],
          wipeLeases: [lease(1)],
        });
        liveThrough(world, desired, plan);
        expect(world.mapped.size).toBe(0);
        expect(world.superblocks.size).toBe(0);
        expect([...world.wipedLeases]).toEqual([lease(1).leaseId]);
      }),
    );
  });

  it('whatever lies on a lease, nothing but what was never used is formatted', () => {
    const blocks = fc.record({
      number: fc.integer({ min: 1, max: 3 }),
      generation: fc.nat(5),
      owner: fc.integer({ min: 1, max: 2 }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.option(blocks), { minLength: 3, maxLength: 3 }),
        fc.subarray([1, 2, 3]),
        (found, liveNumbers) => {
          const world = new World();
          found.forEach((block, index) => {
            if (block === null) return;
            const { number, generation, owner } = block;
            const members = generation === 0 ? [] : [number];
            world.put(lease(index + 1), superblock(number, generation, members, owner));
          });
          liveNumbers.forEach((number) => world.liveLeases.add(lease(number).leaseId));
          const desired = desiredState([target(3, [1, 2, 3])]);
          const { tasks } = planSteps(desired, world.actual(desired));
          for (const step of tasks.flatMap((task) => task.steps)) {
            if (step.kind === 'format') checkStep(step, world);
          }
        },
      ),
    );
  });
});
