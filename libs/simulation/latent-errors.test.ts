import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { streamOf } from './draws.js';
import { BLOCK_BYTES, latentErrors } from './latent-errors.js';
import { HOURS_A_YEAR, MOST_ERRORS, NEARLINE_ONSETS_A_YEAR, NEIGHBOURHOOD_BYTES } from './rates.js';

const drive = { bytes: 8e12, onsetsAYear: NEARLINE_ONSETS_A_YEAR };

const errorsOf = (n: number, years: number, onsetsAYear = drive.onsetsAYear) =>
  latentErrors(streamOf(7, 'test', n), { ...drive, onsetsAYear }, 0, years * HOURS_A_YEAR);

/** Of blocks of one drive, how many have another within 10 MB. */
function withNeighbour(blocks: readonly number[]): number {
  const sorted = blocks.toSorted((a, b) => a - b);
  const isNear = (a = Infinity, b = -Infinity) =>
    Math.abs(a - b) * BLOCK_BYTES <= NEIGHBOURHOOD_BYTES;
  return sorted.filter((at, i) => isNear(sorted[i - 1], at) || isNear(sorted[i + 1], at)).length;
}

describe('latent errors', () => {
  it('begin on as many nearline drives in their first year as was published', () => {
    const drives = Array.from({ length: 20_000 }, (_, n) => errorsOf(n, 1));
    const affected = drives.filter((bursts) => bursts.length > 0).length;
    expect(affected / drives.length).toBeCloseTo(0.031, 2);
  });

  it('are more than 1000 on about one in seventeen of the drives that have any', () => {
    const counts = Array.from({ length: 1500 }, (_, n) =>
      errorsOf(n, 40, 1).reduce((sum, { blocks }) => sum + blocks.length, 0),
    );
    expect(Math.min(...counts)).toBe(1);
    expect(Math.max(...counts)).toBe(MOST_ERRORS);
    const many = counts.filter((count) => count > 1000).length / counts.length;
    expect(many).toBeGreaterThan(0.045);
    expect(many).toBeLessThan(0.07);
  });

  it('have another within 10 MB, half of them', () => {
    let errors = 0;
    let near = 0;
    for (let n = 0; n < 600; n += 1) {
      const blocks = errorsOf(n, 40, 1).flatMap((burst) => burst.blocks);
      errors += blocks.length;
      near += withNeighbour(blocks);
    }
    expect(errors).toBeGreaterThan(100_000);
    expect(near / errors).toBeGreaterThan(0.48);
    expect(near / errors).toBeLessThan(0.53);
  });

  it('lie on the drive and in its time, in bursts by time', () => {
    const size = fc.integer({ min: 1_000_000, max: 20_000_000 });
    fc.assert(
      fc.property(fc.nat(), size, fc.nat(50_000), (seed, kilobytes, fromHours) => {
        const bytes = kilobytes * 1000;
        const untilHours = fromHours + 5000;
        const of = { bytes, onsetsAYear: 50 };
        const bursts = latentErrors(streamOf(seed, 'any'), of, fromHours, untilHours);
        const times = bursts.map(({ atHours }) => atHours);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        for (const { atHours, blocks } of bursts) {
          expect(atHours).toBeGreaterThanOrEqual(fromHours);
          expect(atHours).toBeLessThan(untilHours);
          expect(blocks.length).toBeGreaterThan(0);
          expect(blocks.every((block) => block >= 0 && block * BLOCK_BYTES < bytes)).toBe(true);
        }
      }),
    );
  });
});
