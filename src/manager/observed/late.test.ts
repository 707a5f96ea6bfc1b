import { describe, expect, it } from '@jest/globals';
import { isLate } from './late.js';

const last = { bootId: 'b', pastBootIds: ['a'], sequence: 7 };

describe('a report', () => {
  it.each([
    ['is taken when it is the first', { ...last, bootId: null }, 'b', 1, false],
    ['is taken when its sequence is higher', last, 'b', 8, false],
    ['is dropped when it is repeated', last, 'b', 7, true],
    ['is dropped when it was overtaken', last, 'b', 6, true],
    ['is taken after a reboot although its sequence is lower', last, 'c', 1, false],
    ['is dropped when it is of an earlier boot', last, 'a', 99, true],
  ])('%s', (_, before, bootId, sequence, late) => {
    expect(isLate(before, { bootId, sequence })).toBe(late);
  });
});
