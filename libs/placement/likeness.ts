import type { Make } from './snapshot.js';

/** Disks whose ages differ by this or more no longer fail for the same reason at the same time. */
const APART_HOURS = 365 * 24;
const UNKNOWN = 0.5;

const WEIGHTS = { model: 0.3, firmware: 0.2, batch: 0.3, age: 0.2 } as const;

function same(a: string | null, b: string | null): number {
  if (a === null || b === null) return UNKNOWN;
  return a === b ? 1 : 0;
}

/** Firmware versions of different models have nothing to do with each other, however they are called. */
function sameFirmware(a: Make, b: Make): number {
  if (a.model !== null && b.model !== null && a.model !== b.model) return 0;
  return same(a.firmware, b.firmware);
}

function likeAge(a: number | null, b: number | null): number {
  if (a === null || b === null) return UNKNOWN;
  return Math.max(0, 1 - Math.abs(a - b) / APART_HOURS);
}

/** How much two disks have in common of what makes disks fail together: 0 nothing, 1 all. */
export const likeness = (a: Make, b: Make): number =>
  WEIGHTS.model * same(a.model, b.model) +
  WEIGHTS.firmware * sameFirmware(a, b) +
  WEIGHTS.batch * same(a.batch, b.batch) +
  WEIGHTS.age * likeAge(a.powerOnHours, b.powerOnHours);
