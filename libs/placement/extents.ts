import type { Sectors } from '../contract/index.js';
import type { Extent } from './snapshot.js';

/** Sectors at either end of a spare that are never lent: room for a label, a partition table, its backup. */
export const RESERVED_SECTORS = 2048;
/** Extents start on 1 MiB where they can, and always on 4 KiB. */
export const PREFERRED_ALIGNMENT = 2048;
const LEAST_ALIGNMENT = 8;

const alignUp = (value: number, alignment: number) => Math.ceil(value / alignment) * alignment;
const end = ({ offset, length }: Extent) => offset + length;

/** Sectors of a device that can be lent, rounded down to 4 KiB. */
export function lendableSectors(sizeSectors: number): Sectors {
  const last = Math.floor((sizeSectors - RESERVED_SECTORS) / LEAST_ALIGNMENT) * LEAST_ALIGNMENT;
  return Math.max(0, last - RESERVED_SECTORS) as Sectors;
}

/** The gaps between leased extents of a device with so many sectors to lend, in ascending order. */
export function freeExtents(lendable: Sectors, leased: readonly Extent[]): Extent[] {
  const last = RESERVED_SECTORS + lendable;
  const gaps: Extent[] = [];
  let cursor = RESERVED_SECTORS;
  for (const extent of [...leased].sort((a, b) => a.offset - b.offset)) {
    if (extent.offset > cursor) gaps.push({ offset: cursor, length: extent.offset - cursor });
    cursor = Math.max(cursor, end(extent));
  }
  if (last > cursor) gaps.push({ offset: cursor, length: last - cursor });
  return gaps;
}

/**
 * Best fit: the smallest gap that holds the length from an offset on 1 MiB, else on 4 KiB; the lowest of
 * equal ones. Gaps are ascending, as `freeExtents` gives them.
 */
export function chooseExtent(free: readonly Extent[], length: number): Extent | undefined {
  if (length <= 0 || length % LEAST_ALIGNMENT !== 0) return undefined;
  let best: Extent | undefined;
  let bestLength = Infinity;
  let spare: Extent | undefined;
  let spareLength = Infinity;
  for (const gap of free) {
    if (gap.length < length || gap.length >= bestLength) continue;
    if (alignUp(gap.offset, PREFERRED_ALIGNMENT) + length <= end(gap)) {
      best = gap;
      bestLength = gap.length;
    } else if (
      gap.length < spareLength &&
      alignUp(gap.offset, LEAST_ALIGNMENT) + length <= end(gap)
    ) {
      spare = gap;
      spareLength = gap.length;
    }
  }
  if (best) return { offset: alignUp(best.offset, PREFERRED_ALIGNMENT), length };
  return spare && { offset: alignUp(spare.offset, LEAST_ALIGNMENT), length };
}

/** Index of the first gap that ends after the offset; the number of gaps when there is none. */
function gapAfter(free: readonly Extent[], offset: number): number {
  let low = 0;
  let high = free.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const gap = free[middle];
    if (gap && end(gap) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

const describe = ({ offset, length }: Extent) => `${length} sectors at ${offset}`;

/** Cuts the extent out of the gaps. Throws when some of it is not free: then the facts are wrong. */
export function takeExtent(free: Extent[], extent: Extent): void {
  const index = gapAfter(free, extent.offset);
  const gap = free[index];
  if (!gap || gap.offset > extent.offset || end(gap) < end(extent))
    throw new Error(`${describe(extent)} are not free`);
  const rest: Extent[] = [];
  if (extent.offset > gap.offset)
    rest.push({ offset: gap.offset, length: extent.offset - gap.offset });
  if (end(gap) > end(extent)) rest.push({ offset: end(extent), length: end(gap) - end(extent) });
  free.splice(index, 1, ...rest);
}

/** Puts the extent back and joins it with its neighbours. Throws when some of it is free already. */
export function giveExtent(free: Extent[], extent: Extent): void {
  const index = gapAfter(free, extent.offset);
  const after = free[index];
  if (after && after.offset < end(extent)) throw new Error(`${describe(extent)} are free already`);
  const before = free[index - 1];
  const joinsBefore = before !== undefined && end(before) === extent.offset;
  const joinsAfter = after?.offset === end(extent);
  const offset = joinsBefore ? before.offset : extent.offset;
  const last = joinsAfter ? end(after) : end(extent);
  const first = joinsBefore ? index - 1 : index;
  const joined = Number(joinsBefore) + Number(joinsAfter);
  free.splice(first, joined, { offset, length: last - offset });
}
