import type { BlockSectors, PoolPolicy, Sectors } from '../contract/index.js';
import { leaseGeometry } from '../dm-table/index.js';
import { PREFERRED_ALIGNMENT } from './extents.js';

/** A lease is to last so long at the rate of the moment. */
const HOURS_AHEAD = 7 * 24;
/** Upper bound of a lease where the policy names none, in least lengths. */
const DEFAULT_MOST = 16;

export interface Demand {
  policy: PoolPolicy;
  /** Of the target, lately; those that failed for want of space count too. */
  remapsPerHour: number;
  blockSectors: BlockSectors;
  /** Share of the pool that is free, 0 to 1: the less, the shorter the leases. */
  freeRatio: number;
  /** What the lease is to hold at once, whatever the rate and the pool say. */
  leastBlocks?: number;
}

/** Whether a lease of that length has room for so many blocks. */
function holds(lengthSectors: number, blocks: number, blockSectors: BlockSectors): boolean {
  if (blocks <= 0) return true;
  const geometry = leaseGeometry(lengthSectors, blockSectors);
  return geometry.ok && geometry.value.nrBlocks >= blocks;
}

const roundUp = (sectors: number, unit: number) => Math.ceil(sectors / unit) * unit;

/**
 * The length of a target's next lease: the policy's least, doubled as long as a week of remaps at this rate
 * asks for it and the pool can afford it, or the blocks that are to go there do, up to the policy's most.
 * Doubling keeps the lengths few, so that a released extent fits a later lease exactly. A multiple of the
 * block; above 1 MiB a multiple of that, unless the bounds have none between them.
 */
export function leaseLength({
  policy,
  remapsPerHour,
  blockSectors,
  freeRatio,
  leastBlocks = 0,
}: Demand): Sectors {
  const unitOf = (sectors: number) =>
    sectors > PREFERRED_ALIGNMENT ? PREFERRED_ALIGNMENT : blockSectors;
  const aligned = (sectors: number) => roundUp(sectors, unitOf(sectors));
  const most = policy.maxLeaseSectors ?? DEFAULT_MOST * policy.leaseSectors;
  const ceiling = Math.floor(most / unitOf(most)) * unitOf(most);
  const wanted = remapsPerHour * HOURS_AHEAD * blockSectors * Math.min(1, Math.max(0, freeRatio));
  let length = aligned(policy.leaseSectors);
  if (length > most) length = roundUp(policy.leaseSectors, blockSectors);
  const tooShort = () => length < wanted || !holds(length, leastBlocks, blockSectors);
  while (tooShort() && length < ceiling) length = Math.min(aligned(length * 2), ceiling);
  return length as Sectors;
}
