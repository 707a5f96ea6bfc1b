import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { repairRanges } from './repair-ranges.js';

const layout = { blockSectors: 8, dataOffsetSectors: 2048, componentSectors: 129_024 };

describe('the ranges that md is asked to repair', () => {
  it('cover a pending block, counted from where the data of the array starts', () => {
    expect(repairRanges([5001], layout)).toEqual([{ startSectors: 37_888, endSectors: 38_016 }]);
  });

  it('are one for blocks next to each other', () => {
    expect(repairRanges([5001, 5000, 5016], layout)).toEqual([
      { startSectors: 37_888, endSectors: 38_144 },
    ]);
  });

  it('leave out what lies outside the data, such as the superblock', () => {
    expect(repairRanges([1, 16_384], layout)).toEqual([]);
  });

  it('cover every pending block inside, stay inside, ascend and do not touch', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20_000)), fc.constantFrom(8, 16, 32, 64), (blocks, size) => {
        const ranges = repairRanges(blocks, { ...layout, blockSectors: size });
        ranges.forEach(({ startSectors, endSectors }, index) => {
          expect(startSectors).toBeGreaterThanOrEqual(0);
          expect(endSectors).toBeLessThanOrEqual(layout.componentSectors);
          expect(startSectors).toBeGreaterThan(ranges[index - 1]?.endSectors ?? -1);
        });
        for (const block of blocks) {
          const sector = block * size - layout.dataOffsetSectors;
          if (sector < 0 || sector + size > layout.componentSectors) continue;
          const covers = ranges.some(
            ({ startSectors, endSectors }) => startSectors <= sector && sector + size <= endSectors,
          );
          expect(covers).toBe(true);
        }
      }),
    );
  });
});
