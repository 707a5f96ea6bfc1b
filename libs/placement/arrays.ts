import type { TargetId } from '../contract/index.js';
import type { ArrayFact, HostFacts, SpareFact } from './snapshot.js';

/** An array by its UUID, or `target:ID` for a target in no array: what one spare's loss hits at once. */
export type ArrayKey = string;

/** The arrays of each target that is in one. */
export type LeaningIndex = ReadonlyMap<TargetId, readonly ArrayKey[]>;

export function leaningIndex({ arrays }: HostFacts): LeaningIndex {
  const index = new Map<TargetId, ArrayKey[]>();
  for (const { uuid, members } of arrays)
    for (const { targetId } of members) {
      if (targetId === undefined) continue;
      const keys = index.get(targetId);
      if (!keys) index.set(targetId, [uuid]);
      else if (!keys.includes(uuid)) keys.push(uuid);
    }
  return index;
}

/** What leans on a spare once the target has a lease there. */
export const keysOf = (targetId: TargetId, index: LeaningIndex): readonly ArrayKey[] =>
  index.get(targetId) ?? [`target:${targetId}`];

/**
 * The distinct arrays and lone targets with a lease on the spare. A target of another host is taken for a
 * lone one, since its arrays are not among the facts: that counts too many rather than too few.
 */
export function arraysLeaningOn(
  spare: SpareFact,
  host: HostFacts,
  index = leaningIndex(host),
): Set<ArrayKey> {
  const keys = new Set<ArrayKey>();
  for (const { targetId } of spare.leasedTo)
    for (const key of keysOf(targetId, index)) keys.add(key);
  return keys;
}

/** As people call it; targets of other hosts have no name here. */
export function nameOfKey(key: ArrayKey, host: HostFacts): string {
  const array = host.arrays.find(({ uuid }) => uuid === key);
  const target = host.targets.find(({ id }) => `target:${id}` === key);
  return array ? `array ${array.name}` : target ? `target ${target.name}` : key;
}

/** The arrays that hold the target as a member. */
export function arraysOf(targetId: TargetId, host: HostFacts): ArrayFact[] {
  return host.arrays.filter(({ members }) => members.some((m) => m.targetId === targetId));
}

/** Levels by how many members they can lose. */
const TOLERATED: Readonly<Record<string, (raidDisks: number) => number>> = {
  raid1: (raidDisks) => raidDisks - 1,
  raid4: () => 1,
  raid5: () => 1,
  raid6: () => 2,
  // Two copies are the least that raid10 keeps; its layout is not observed.
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
