import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { normalise, parseSectorRange, type SectorRange, subtract } from './sector-ranges.js';

const anyRange = fc.record({ start: fc.nat(40), count: fc.integer({ min: 1, max: 10 }) });

function sectorsOf(ranges: readonly SectorRange[]): number[] {
  const all = ranges.flatMap(({ start, count }) =>
    Array.from({ length: count }, (_, index) => start + index),
  );
  return [...new Set(all)].sort((a, b) => a - b);
}

describe('sector ranges', () => {
  it('cover the same sectors when normalised, without touching each other', () => {
    fc.assert(
      fc.property(fc.array(anyRange), (ranges) => {
        const result = normalise(ranges);
        expect(sectorsOf(result)).toEqual(sectorsOf(ranges));
        result.slice(1).forEach(({ start }, index) => {
          const { start: before, count } = result[index] ?? { start: 0, count: 0 };
          expect(start).toBeGreaterThan(before + count);
        });
      }),
    );
  });

  it('lose exactly the sectors that are subtracted', () => {
    fc.assert(
      fc.property(fc.array(anyRange), anyRange, (ranges, hole) => {
        const gone = new Set(sectorsOf([hole]));
        expect(sectorsOf(subtract(ranges, hole))).toEqual(
          sectorsOf(ranges).filter((sector) => !gone.has(sector)),
        );
      }),
    );
  });

  it('are written A+N, or A for one sector', () => {
    expect(parseSectorRange('2048+8')).toEqual({ start: 2048, count: 8 });
    expect(parseSectorRange('7')).toEqual({ start: 7, count: 1 });
    for (const wrong of ['', '8+', '+8', '1+0', '-1+2', '1-2', '0x10+1', '1.5']) {
      expect(parseSectorRange(wrong)).toBeUndefined();
    }
  });
});
