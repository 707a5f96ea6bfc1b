import type { Lease, Target } from './target.js';

/** As the manager forgets remaps: one counts half some four hours later. */
const MEMORY_HOURS = 6;
/** The kernel moves up to so many failed blocks together, to the least used of the leases that serve. */
const BATCH_BLOCKS = 16;

/** A lease whose spare is away takes no blocks and counts for nothing. */
export const isServing = ({ spare }: Lease): boolean => spare.state === 'available';

export function freeBlocks({ leases }: Target): number {
  let free = 0;
  for (const lease of leases) if (isServing(lease)) free += lease.totalBlocks - lease.usedBlocks;
  return free;
}

export const remapRate = ({ remapsPerHour, ratedAtHours }: Target, atHours: number): number =>
  remapsPerHour * Math.exp(-(atHours - ratedAtHours) / MEMORY_HOURS);

function leastUsed(leases: readonly Lease[]): Lease | undefined {
  let least: Lease | undefined;
  for (const lease of leases)
    if (isServing(lease) && lease.usedBlocks < lease.totalBlocks)
      if (!least || lease.usedBlocks < least.usedBlocks) least = lease;
  return least;
}

/** Moves pending blocks to leases as far as these have room; the others stay pending. */
export function remapPending(target: Target): void {
  while (target.pendingBlocks > 0) {
    const lease = leastUsed(target.leases);
    if (!lease) return;
    const room = lease.totalBlocks - lease.usedBlocks;
    const moved = Math.min(BATCH_BLOCKS, room, target.pendingBlocks);
    lease.usedBlocks += moved;
    target.pendingBlocks -= moved;
  }
}

/** Blocks of the main device fail. Returns how many of them had not failed before. */
export function fail(target: Target, blocks: readonly number[], atHours: number): number {
  const before = target.remapped.size;
  for (const block of blocks) target.remapped.add(block);
  const failed = target.remapped.size - before;
  target.remapsPerHour = remapRate(target, atHours) + failed / MEMORY_HOURS;
  target.ratedAtHours = atHours;
  target.pendingBlocks += failed;
  remapPending(target);
  return failed;
}

/** What a lost lease held waits to be rebuilt and moved to another. Returns how many blocks that are. */
export function loseLease(lease: Lease): number {
  const lost = lease.usedBlocks;
  lease.usedBlocks = 0;
  lease.target.pendingBlocks += lost;
  return lost;
}
