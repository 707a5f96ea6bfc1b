import { chooseExtent } from './extents.js';
import type { Extent } from './snapshot.js';

/** The free space of a spare with respect to one length. */
export interface Space {
  freeSectors: number;
  largestGap: number;
  /** Where a lease of that length would lie; undefined when no gap holds it. */
  extent: Extent | undefined;
  /** The largest gap that the lease would leave. */
  largestGapAfter: number;
}

const largestPart = (gap: Extent, taken: Extent) =>
  Math.max(taken.offset - gap.offset, gap.offset + gap.length - taken.offset - taken.length);

export function surveySpace(free: readonly Extent[], lengthSectors: number): Space {
  const extent = chooseExtent(free, lengthSectors);
  let freeSectors = 0;
  let largestGap = 0;
  let largestGapAfter = 0;
  for (const gap of free) {
    freeSectors += gap.length;
    if (gap.length > largestGap) largestGap = gap.length;
    if (gap.length <= largestGapAfter) continue;
    const holdsIt =
      extent && gap.offset <= extent.offset && extent.offset < gap.offset + gap.length;
    const left = holdsIt ? largestPart(gap, extent) : gap.length;
    if (left > largestGapAfter) largestGapAfter = left;
  }
  return { freeSectors, largestGap, extent, largestGapAfter };
}
