export interface SectorRange {
  readonly startSectors: number;
  readonly endSectors: number;
}

export interface MemberLayout {
  readonly blockSectors: number;
  /** Where the array's data starts on the member. */
  readonly dataOffsetSectors: number;
  /** How much of the member the array uses. */
  readonly componentSectors: number;
}

/** md rounds the range down to this; one resync request of raid1 is 64 KiB. */
const ALIGN_SECTORS = 128;

/**
 * The ranges of a raid1 array that cover the pending blocks of one member, ascending and not touching.
 * Blocks outside the array's data, such as in its superblock, are left out: md cannot rewrite them so.
 */
export function repairRanges(
  pendingBlocks: readonly number[],
  layout: MemberLayout,
): SectorRange[] {
  const { blockSectors, dataOffsetSectors, componentSectors } = layout;
  const ranges: SectorRange[] = [];
  for (const block of pendingBlocks.toSorted((a, b) => a - b)) {
    const first = block * blockSectors - dataOffsetSectors;
    if (first + blockSectors <= 0 || first >= componentSectors) continue;
    const startSectors = Math.floor(Math.max(first, 0) / ALIGN_SECTORS) * ALIGN_SECTORS;
    const aligned = Math.ceil((first + blockSectors) / ALIGN_SECTORS) * ALIGN_SECTORS;
    const endSectors = Math.min(aligned, componentSectors);
    const last = ranges.at(-1);
    if (last !== undefined && startSectors <= last.endSectors) {
      ranges[ranges.length - 1] = { ...last, endSectors: Math.max(last.endSectors, endSectors) };
    } else {
      ranges.push({ startSectors, endSectors });
    }
  }
  return ranges;
}
