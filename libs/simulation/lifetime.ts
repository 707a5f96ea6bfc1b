import { exponential, type Random } from './draws.js';
import type { DriveModel } from './drive-models.js';
import { FLASH_DEATHS_A_YEAR, HDD_DEATHS_A_YEAR, HOURS_A_YEAR } from './rates.js';

const { young, youngUntilYears, old, oldYears } = HDD_DEATHS_A_YEAR;
const SLOPE = (old - young) / (oldYears - youngUntilYears);

/** Expected deaths of a hard disk up to an age, were it revived each time. */
function hazardUpTo(ageYears: number): number {
  const over = Math.max(0, ageYears - youngUntilYears);
  return young * ageYears + (SLOPE * over * over) / 2;
}

/** The age at which that many deaths are expected. */
function ageAtHazard(hazard: number): number {
  const flat = young * youngUntilYears;
  if (hazard <= flat) return hazard / young;
  const root = Math.sqrt(young * young + 2 * SLOPE * (hazard - flat));
  return youngUntilYears + (root - young) / SLOPE;
}

/** How many hours a drive of that age will yet live; `factor` is over the rate of its medium. */
export function remainingHours(
  random: Random,
  { media }: Pick<DriveModel, 'media'>,
  ageHours: number,
  factor: number,
): number {
  const deaths = exponential(random, 1 / factor);
  if (media !== 'hdd') return (deaths / FLASH_DEATHS_A_YEAR) * HOURS_A_YEAR;
  const ageYears = ageHours / HOURS_A_YEAR;
  return (ageAtHazard(hazardUpTo(ageYears) + deaths) - ageYears) * HOURS_A_YEAR;
}
