import { describe, expect, it } from '@jest/globals';
import { balance } from './balance.js';

describe('spares of which the largest is ten times the smallest', () => {
  it.each([1, 2, 3])('stay evenly used under grants and releases, seed %i', (seed) => {
    const { stddevPercent, overOptimum } = balance({ operations: 8000, seed, smallestLeases: 200 });
    expect(stddevPercent).toBeLessThanOrEqual(1.0);
    expect(overOptimum).toBeLessThanOrEqual(1.02);
  });
});
