import type { NeedPriority } from '../contract/index.js';

/** What makes a need press. */
export interface NeedPressure {
  /** How many more members the least redundant array of the target can lose; null for a target in none. */
  redundancyLeft: number | null;
  /** Of the target's healthy leases. */
  freeBlocks: number;
  /** Lately; remaps that failed for want of space count, or a target that has run out would look calm. */
  remapsPerHour: number;
}

export interface Urgency {
  priority: NeedPriority;
  /** Lower first; of equal ones the older need. */
  order: number;
}

const URGENT_HOURS = 1;
/** A lone target has nothing behind it, but never had: after arrays on their last leg, before others. */
const LONE_RANK = 0.5;
/** More than any time to exhaustion counts; it keeps the ranks of redundancy apart in one number. */
const MOST_HOURS = 1e6;

/** Until the target's free lease blocks are used up at this rate. */
export function hoursToExhaustion({ freeBlocks, remapsPerHour }: NeedPressure): number {
  if (freeBlocks <= 0) return 0;
  return remapsPerHour > 0 ? freeBlocks / remapsPerHour : Infinity;
}

/**
 * Least redundant array first, then least time to exhaustion. Urgent: an array that can lose no further
 * member, or a target that is remapping and has under an hour of space left. Low: nothing is being used up.
 */
export function needPriority(pressure: NeedPressure): Urgency {
  const { redundancyLeft, remapsPerHour } = pressure;
  const hours = hoursToExhaustion(pressure);
  const rank = redundancyLeft === null ? LONE_RANK : Math.max(0, redundancyLeft);
  const order = rank * 2 * MOST_HOURS + Math.min(hours, MOST_HOURS);
  if (rank === 0 || (remapsPerHour > 0 && hours < URGENT_HOURS))
    return { priority: 'urgent', order };
  return { priority: hours === Infinity ? 'low' : 'normal', order };
}

/** For sorting, the first to be served first. */
export function compareNeeds(
  a: NeedPressure & { createdAtMs: number },
  b: NeedPressure & { createdAtMs: number },
): number {
  return needPriority(a).order - needPriority(b).order || a.createdAtMs - b.createdAtMs;
}
