import type { Extent } from './snapshot.js';

/** Sectors at either end of a spare that are never lent: room for a label, a partition table, its backup. */
export const RESERVED_SECTORS = 2048;
/** Extents start on 1 MiB where they can, and always on 4 KiB. */
const PREFERRED_ALIGNMENT = 2048;
const LEAST_ALIGNMENT = 8;

const alignUp = (value: number, alignment: number) => Math.ceil(value / alignment) * alignment;

/** Sectors of a device that can be lent, rounded down to 4 KiB. */
export function lendableSectors(sizeSectors: number): number {
  const end = Math.floor((sizeSectors - RESERVED_SECTORS) / LEAST_ALIGNMENT) * LEAST_ALIGNMENT;
  return Math.max(0, end - RESERVED_SECTORS);
}

/** The gaps between leased extents of a device of that size, in ascending order. */
export function freeExtents(sizeSectors: number, leased: readonly Extent[]): Extent[] {
  const end = RESERVED_SECTORS + lendableSectors(sizeSectors);
  const gaps: Extent[] = [];
  let cursor = RESERVED_SECTORS;
  for (const { offset, length } of [...leased].sort((a, b) => a.offset - b.offset)) {
    if (offset > cursor) gaps.push({ offset: cursor, length: offset - cursor });
    cursor = Math.max(cursor, offset + length);
  }
  if (end > cursor) gaps.push({ offset: cursor, length: end - cursor });
  return gaps;
}

function fitAt(gap: Extent, length: number, alignment: number): Extent | undefined {
  const offset = alignUp(gap.offset, alignment);
  return offset + length <= gap.offset + gap.length ? { offset, length } : undefined;
}

/** Best fit: the smallest gap that holds the length aligned, the lowest of equal ones. */
export function chooseExtent(
  sizeSectors: number,
  leased: readonly Extent[],
  length: number,
): Extent | undefined {
  if (length <= 0 || length % LEAST_ALIGNMENT !== 0) return undefined;
  const gaps = freeExtents(sizeSectors, leased).sort(
    (a, b) => a.length - b.length || a.offset - b.offset,
  );
  for (const alignment of [PREFERRED_ALIGNMENT, LEAST_ALIGNMENT]) {
    for (const gap of gaps) {
      const fit = fitAt(gap, length, alignment);
      if (fit) return fit;
    }
  }
  return undefined;
}
