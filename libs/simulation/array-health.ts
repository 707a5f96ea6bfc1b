import { redundancyLeft, type ArrayFact } from '../placement/index.js';
import type { Books } from './books.js';
import type { Presence } from './presence.js';
import { isServing } from './remapping.js';
import type { Target } from './target.js';

export interface ArrayHealth {
  /** Members that it can lose. */
  tolerated: number;
  /** Members without data of their own for good: their drive has died and is not yet rebuilt. */
  gone: number;
  /** Members that are gone or cannot be reached. */
  out: number;
  /** Further members of which some blocks cannot be read: in no lease, or in one that is away. */
  impaired: number;
  /** The new drive of a member is being written. */
  rebuilding: boolean;
}

const isImpaired = ({ pendingBlocks, leases }: Target): boolean =>
  pendingBlocks > 0 || leases.some((lease) => lease.usedBlocks > 0 && !isServing(lease));

const toleratedBy = (array: ArrayFact): number => redundancyLeft({ ...array, degraded: 0 }) ?? 0;

/** The array of these bays; `without` leaves one member out of the account. */
export function healthOf(
  array: ArrayFact,
  bays: readonly number[],
  books: Books,
  presence: Presence,
  without?: number,
): ArrayHealth {
  const health = { tolerated: toleratedBy(array), gone: 0, out: 0, impaired: 0, rebuilding: false };
  for (const bay of bays) {
    if (bay === without) continue;
    const isGone = presence.dead.has(bay) || presence.unsynced.has(bay);
    const target = books.targets.get(bay);
    if (isGone) health.gone += 1;
    if (presence.unsynced.has(bay)) health.rebuilding = true;
    if (isGone || presence.isAway(bay)) health.out += 1;
    else if (target && isImpaired(target)) health.impaired += 1;
  }
  return health;
}
