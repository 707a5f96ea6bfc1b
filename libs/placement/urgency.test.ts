import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareNeeds, hoursToExhaustion, needPriority, type NeedPressure } from './urgency.js';

const need = (over: Partial<NeedPressure & { createdAtMs: number }> = {}) => ({
  ...{ redundancyLeft: 1, freeBlocks: 1000, remapsPerHour: 10, createdAtMs: 0 },
  ...over,
});

const anyNeed = fc.record({
  redundancyLeft: fc.option(fc.integer({ min: 0, max: 3 })),
  freeBlocks: fc.nat(1e6),
  remapsPerHour: fc.double({ min: 0, max: 1e5, noNaN: true }),
  createdAtMs: fc.nat(),
});

describe('needs are served', () => {
  it('least redundant array first, then least time to exhaustion, then oldest', () => {
    const inOrder = [
      need({ redundancyLeft: 0, remapsPerHour: 0 }),
      need({ redundancyLeft: null, remapsPerHour: 1 }),
      need({ freeBlocks: 0, remapsPerHour: 0 }),
      need({ freeBlocks: 10 }),
      need({ freeBlocks: 20, createdAtMs: 1 }),
      need({ freeBlocks: 20, createdAtMs: 2 }),
      need({ remapsPerHour: 0 }),
      need({ redundancyLeft: 2, freeBlocks: 1 }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(inOrder, { minLength: inOrder.length }), (shuffled) => {
        expect(shuffled.sort(compareNeeds)).toEqual(inOrder);
      }),
    );
  });

  it('in an order that is total: an array that can lose less never waits for one that can lose more', () => {
    fc.assert(
      fc.property(anyNeed, anyNeed, (a, b) => {
        expect(Math.sign(compareNeeds(a, b))).toBe(-Math.sign(compareNeeds(b, a)) + 0);
        const [left, right] = [a.redundancyLeft, b.redundancyLeft];
        if (left !== null && right !== null && left < right)
          expect(compareNeeds(a, b)).toBeLessThan(0);
        if (left === right && hoursToExhaustion(a) < Math.min(1e6, hoursToExhaustion(b)))
          expect(compareNeeds(a, b)).toBeLessThan(0);
      }),
    );
  });
});

describe('a need is', () => {
  it.each([
    ['urgent', 'the array can lose no further member', { redundancyLeft: 0 }],
    ['urgent', 'space lasts for less than an hour', { freeBlocks: 9 }],
    ['urgent', 'space has run out under load', { freeBlocks: 0 }],
    ['normal', 'space lasts for longer', { freeBlocks: 10 }],
    ['normal', 'the target has no lease yet', { freeBlocks: 0, remapsPerHour: 0 }],
    ['normal', 'a lone target remaps slowly', { redundancyLeft: null }],
    ['low', 'nothing is being used up', { remapsPerHour: 0 }],
  ])('%s when %s', (priority, _, over) => {
    expect(needPriority(need(over)).priority).toBe(priority);
  });
});
