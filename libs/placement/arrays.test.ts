import { describe, expect, it } from '@jest/globals';
import { arraysLeaningOn, arraysOf, redundancyLeft } from './arrays.js';
import { array, disk, host, spare, target, targetId } from './fixtures.js';

describe('what leans on a spare', () => {
  const facts = host({
    targets: [1, 2, 3].map((n) => target(n)),
    arrays: [
      array(0, [{ targetId: targetId(1) }, { targetId: targetId(2) }]),
      array(1, [{ targetId: targetId(1) }, { deviceId: disk(9) }]),
    ],
  });

  it('are the arrays of the targets that it lends to, each once, and the targets in none', () => {
    const leasedTo = [1, 2, 3, 77].map((n) => ({ targetId: targetId(n), sectors: 8 }));
    expect(arraysLeaningOn(spare(5, { leasedTo }), facts)).toEqual(
      new Set(['array-0', 'array-1', `target:${targetId(3)}`, `target:${targetId(77)}`]),
    );
    expect(arraysLeaningOn(spare(5), facts).size).toBe(0);
  });

  it('includes every array of a target', () => {
    expect(arraysOf(targetId(1), facts).map(({ name }) => name)).toEqual(['md0', 'md1']);
    expect(arraysOf(targetId(3), facts)).toEqual([]);
  });
});

describe('the redundancy that an array has left', () => {
  it.each([
    ['raid1', 3, 0, 2],
    ['raid1', 2, 1, 0],
    ['raid5', 5, 0, 1],
    ['raid5', 5, 2, 0],
    ['raid6', 6, 1, 1],
    ['raid10', 8, 0, 1],
    ['raid0', 2, 0, null],
    ['linear', 2, 0, null],
  ])('of %s with %i members, %i missing, is %p', (level, raidDisks, degraded, left) => {
    expect(redundancyLeft(array(0, [], { level, raidDisks, degraded }))).toBe(left);
  });
});
