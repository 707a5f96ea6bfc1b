import { failure, success } from './result.js';
import type { Result } from './result.js';

export const ENTRIES_PER_PAGE = 168;
export const SUPERBLOCK_SECTORS = 16;
/** Two slots of one entry page. */
export const ENTRY_PAGE_SECTORS = 16;
export const LEASE_ALIGNMENT_SECTORS = 8;
export const MAX_MEMBERS = 128;

export interface LeaseGeometry {
  readonly pages: number;
  /** First sector of lease block 0, from the start of the lease. */
  readonly dataStartSectors: number;
  readonly nrBlocks: number;
}

function dataStart(nrBlocks: number, blockSectors: number): number {
  const pages = Math.ceil(nrBlocks / ENTRIES_PER_PAGE);
  const metadata = SUPERBLOCK_SECTORS + ENTRY_PAGE_SECTORS * pages;
  return Math.ceil(metadata / blockSectors) * blockSectors;
}

/**
 * At least as many blocks as fit, and only a few more: each takes its own sectors and its share of an entry
 * page, and nothing is rounded up. Whole numbers throughout, since one too few would never be noticed.
 */
function mostBlocks(lengthSectors: number, blockSectors: number): number {
  const sectors = BigInt(lengthSectors - SUPERBLOCK_SECTORS);
  const entries = BigInt(ENTRIES_PER_PAGE);
  return Number(
    (sectors * entries) / (BigInt(blockSectors) * entries + BigInt(ENTRY_PAGE_SECTORS)),
  );
}

/** How a lease of this length is laid out (kernel/METADATA.md, "Size"). */
export function leaseGeometry(lengthSectors: number, blockSectors: number): Result<LeaseGeometry> {
  if (lengthSectors % LEASE_ALIGNMENT_SECTORS !== 0) {
    return failure(
      'lease-misaligned',
      `a length of ${lengthSectors} is not a multiple of 8 sectors`,
    );
  }
  let nrBlocks = mostBlocks(lengthSectors, blockSectors);
  while (
    nrBlocks > 0 &&
    dataStart(nrBlocks, blockSectors) + nrBlocks * blockSectors > lengthSectors
  ) {
    nrBlocks -= 1;
  }
  if (nrBlocks < 1) {
    return failure('lease-too-small', `${lengthSectors} sectors hold no block beside the metadata`);
  }
  return success({
    pages: Math.ceil(nrBlocks / ENTRIES_PER_PAGE),
    dataStartSectors: dataStart(nrBlocks, blockSectors),
    nrBlocks,
  });
}
