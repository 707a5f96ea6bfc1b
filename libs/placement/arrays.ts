import type { TargetId } from '../contract/index.js';
import type { ArrayFact, HostFacts, SpareFact } from './snapshot.js';

/** An array by its UUID, or `target:ID` for a target in no array: what one spare's loss hits at once. */
export type ArrayKey = string;

const isMember = (array: ArrayFact, targetId: TargetId) =>
  array.members.some((member) => member.targetId === targetId);

/** The arrays that hold the target as a member. */
export function arraysOf(targetId: TargetId, host: HostFacts): ArrayFact[] {
  return host.arrays.filter((array) => isMember(array, targetId));
}

/**
 * The distinct arrays and lone targets with a lease on the spare. A target of another host is taken for a
 * lone one, since its arrays are not among the facts: that counts too many rather than too few.
 */
export function arraysLeaningOn(spare: SpareFact, host: HostFacts): Set<ArrayKey> {
  const keys = new Set<ArrayKey>();
  for (const { targetId } of spare.leasedTo) addKeys(keys, targetId, host);
  return keys;
}

/** Adds what leans on a spare once the target has a lease there. */
export function addKeys(keys: Set<ArrayKey>, targetId: TargetId, host: HostFacts): void {
  let found = false;
  for (const array of host.arrays) {
    if (!isMember(array, targetId)) continue;
    keys.add(array.uuid);
    found = true;
  }
  if (!found) keys.add(`target:${targetId}`);
}

/** Levels by how many members they can lose; of the others nothing is known. */
const TOLERATED: Readonly<Record<string, (raidDisks: number) => number>> = {
  raid1: (raidDisks) => raidDisks - 1,
  raid4: () => 1,
  raid5: () => 1,
  raid6: () => 2,
  // Near copies of two are the least that raid10 has; its layout is not observed.
  raid10: () => 1,
};

/** How many more members the array can surely lose; null for a level without redundancy. */
export function redundancyLeft({
  level,
  raidDisks,
  degraded,
}: Pick<ArrayFact, 'level' | 'raidDisks' | 'degraded'>): number | null {
  const tolerated = TOLERATED[level]?.(raidDisks);
  return tolerated === undefined ? null : Math.max(0, tolerated - degraded);
}
