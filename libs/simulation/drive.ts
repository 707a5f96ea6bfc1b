import { between, logNormal, streamOf } from './draws.js';
import { latentErrors, type Burst } from './latent-errors.js';
import { remainingHours } from './lifetime.js';
import type { Purchase } from './purchases.js';
import {
  BATCH_SPREAD,
  FORESEEN_SHARE,
  HOURS_A_YEAR,
  WARNING_HOURS,
  WEAR_PERCENT_A_YEAR,
  WORN_PERCENT,
} from './rates.js';

/** One drive and all that will become of it. */
export interface Drive extends Purchase {
  /** Of those in its bay, from 0. */
  generation: number;
  /** When it dies; or, if that was foreseen or it is worn out, by when it is taken out. */
  endHours: number;
  /** When its measurements begin to say so; null for a death that nothing announces. */
  warningHours: number | null;
  bursts: Burst[];
  /** Of its rated endurance, what it uses up a year; null for a hard disk. */
  wearPercentAYear: number | null;
}

const batchFactor = (seed: number, batch: string) =>
  logNormal(streamOf(seed, 'batch', batch), BATCH_SPREAD);

/** Wear of a drive, of its rated endurance in percent. */
export const wearAt = (drive: Drive, atHours: number): number | null =>
  drive.wearPercentAYear === null
    ? null
    : (drive.wearPercentAYear * (atHours - drive.bornHours)) / HOURS_A_YEAR;

/** The drive that is put into a bay then. `name` tells its stream of chance from all others. */
export function driveOf(
  seed: number,
  name: readonly (string | number)[],
  purchase: Purchase,
  { generation, atHours, untilHours }: { generation: number; atHours: number; untilHours: number },
): Drive {
  const random = streamOf(seed, 'drive', ...name, generation);
  const { model, batch, bornHours } = purchase;
  const factor = batchFactor(seed, batch);
  const ageHours = atHours - bornHours;
  const deathHours = atHours + remainingHours(random, model, ageHours, model.deathFactor * factor);
  const isForeseen = random() < FORESEEN_SHARE;
  const { least, most } = WEAR_PERCENT_A_YEAR;
  const drawn = between(random, least, most);
  const wearPercentAYear = model.media === 'hdd' ? null : drawn;
  const wornHours =
    wearPercentAYear === null
      ? Infinity
      : bornHours + (WORN_PERCENT / wearPercentAYear) * HOURS_A_YEAR + WARNING_HOURS;
  const endHours = Math.min(deathHours, wornHours);
  const isAnnounced = isForeseen || endHours === wornHours;
  return {
    ...{ ...purchase, generation, endHours, wearPercentAYear },
    warningHours: isAnnounced ? Math.max(atHours, endHours - WARNING_HOURS) : null,
    bursts: latentErrors(
      random,
      { bytes: model.bytes, onsetsAYear: model.onsetsAYear * factor },
      atHours,
      Math.min(endHours, untilHours),
    ),
  };
}
