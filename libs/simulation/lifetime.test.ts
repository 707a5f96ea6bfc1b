import { describe, expect, it } from '@jest/globals';
import { streamOf } from './draws.js';
import { remainingHours } from './lifetime.js';
import { FLASH_DEATHS_A_YEAR, HDD_DEATHS_A_YEAR, HOURS_A_YEAR } from './rates.js';

const DRIVES = 30_000;

/** Deaths a year among drives of that age, over the year to come. */
function deathsAYear(media: 'hdd' | 'ssd', ageYears: (n: number) => number, factor = 1): number {
  let deaths = 0;
  for (let n = 0; n < DRIVES; n += 1) {
    const random = streamOf(3, media, n);
    if (remainingHours(random, { media }, ageYears(n) * HOURS_A_YEAR, factor) < HOURS_A_YEAR)
      deaths += 1;
  }
  return deaths / DRIVES;
}

describe('drives die', () => {
  it('at the rate of young hard disks while they are young', () => {
    expect(deathsAYear('hdd', () => 0)).toBeCloseTo(HDD_DEATHS_A_YEAR.young, 2.7);
  });

  it('at the highest rate at the age of ten years', () => {
    expect(deathsAYear('hdd', () => HDD_DEATHS_A_YEAR.oldYears)).toBeCloseTo(0.043, 2.5);
  });

  it('in a fleet of mixed age at about the rate that Backblaze reported for 2024', () => {
    expect(deathsAYear('hdd', (n) => (7 * n) / DRIVES)).toBeCloseTo(0.0157, 2.5);
  });

  it('at one rate at any age when they are flash', () => {
    for (const age of [0, 5])
      expect(deathsAYear('ssd', () => age)).toBeCloseTo(FLASH_DEATHS_A_YEAR, 2.7);
  });

  it('twice as often where the model or the batch is twice as bad', () => {
    expect(deathsAYear('hdd', () => 1, 2)).toBeCloseTo(2 * HDD_DEATHS_A_YEAR.young, 2.5);
  });
});
