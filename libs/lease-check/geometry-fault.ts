import {
  ENTRIES_PER_PAGE,
  ENTRY_PAGE_SECTORS,
  LEASE_ALIGNMENT_SECTORS,
  SUPERBLOCK_SECTORS,
} from '../dm-table/index.js';
import type { Superblock } from '../dm-table/index.js';

const MOST_BLOCKS = 0xffff_ffff;

/**
 * Why the entry pages are not where a superblock says, or the kernel refuses its layout; undefined when
 * neither is so. `sectorsToEnd` is from the start of the lease to the end of its device.
 */
export function geometryFault(superblock: Superblock, sectorsToEnd: number): string | undefined {
  const { lengthSectors, dataStartSectors, nrBlocks, blockSectors } = superblock;
  const pages = Math.ceil(nrBlocks / ENTRIES_PER_PAGE);
  if (nrBlocks < 1 || nrBlocks > MOST_BLOCKS) return `it has ${nrBlocks} blocks`;
  if (lengthSectors % LEASE_ALIGNMENT_SECTORS !== 0) {
    return `its length of ${lengthSectors} sectors is not a multiple of ${LEASE_ALIGNMENT_SECTORS}`;
  }
  if (dataStartSectors % LEASE_ALIGNMENT_SECTORS !== 0) {
    return `its data starts at sector ${dataStartSectors}, not a multiple of ${LEASE_ALIGNMENT_SECTORS}`;
  }
  if (dataStartSectors < SUPERBLOCK_SECTORS + ENTRY_PAGE_SECTORS * pages) {
    return `its data starts at sector ${dataStartSectors}, inside its ${pages} entry pages`;
  }
  if (dataStartSectors + nrBlocks * blockSectors > lengthSectors) {
    return `its ${nrBlocks} blocks from sector ${dataStartSectors} go beyond its ${lengthSectors} sectors`;
  }
  if (dataStartSectors > sectorsToEnd) {
    return `its entry pages go on to sector ${dataStartSectors}, its device ends after ${sectorsToEnd}`;
  }
  return undefined;
}
