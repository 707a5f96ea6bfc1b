import { describe, expect, test } from '@jest/globals';
import { randomBlocks, shuffled } from './remap-choice.js';

describe('the choice of remapped blocks', () => {
  test('is of distinct blocks below the limit, and the same for the same seed', () => {
    const blocks = randomBlocks(500, 600, 1);
    expect(new Set(blocks).size).toBe(500);
    expect(blocks.every((block) => block >= 0 && block < 600)).toBe(true);
    expect(randomBlocks(500, 600, 1)).toEqual(blocks);
  });

  test('leaves out what it is told to', () => {
    const taken = new Set(randomBlocks(500, 600, 1));
    expect(randomBlocks(100, 600, 2, taken).some((block) => taken.has(block))).toBe(false);
  });

  test('keeps every item when it changes their order', () => {
    const items = Array.from({ length: 100 }, (_, index) => index);
    const mixed = shuffled(items, 7);
    expect(mixed).not.toEqual(items);
    expect([...mixed].sort((a, b) => a - b)).toEqual(items);
  });
});
