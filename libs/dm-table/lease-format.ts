import type { BlockSectors, Generation, LeaseId, Sectors, TargetId } from '../contract/index.js';
import { SECTOR_BYTES } from '../contract/index.js';
import { freeEntryPage, renderEntryPage } from './entry-page.js';
import { leaseGeometry, SUPERBLOCK_SECTORS } from './geometry.js';
import { PAGE_BYTES } from './page.js';
import { success } from './result.js';
import type { Result } from './result.js';
import { renderSuperblock } from './superblock.js';

/** Bytes to put at an offset from the start of the lease; offset and length are multiples of 4096. */
export interface LeaseWrite {
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
}

/** All of one batch has to be durable before the next one starts. */
export type WriteBatches = readonly Iterable<LeaseWrite>[];

export interface LeaseIdentity {
  readonly targetId: TargetId;
  readonly leaseId: LeaseId;
  readonly lengthSectors: Sectors;
  readonly blockSectors: BlockSectors;
  readonly label: string;
}

const SUPERBLOCK_BYTES = SUPERBLOCK_SECTORS * SECTOR_BYTES;
const SLOT_PAIR_BYTES = 2 * PAGE_BYTES;
const PAIRS_PER_WRITE = 64;
const SMALLEST_BLOCK_SECTORS = 8;

function* pagePairs(pages: number, fill: (page: number, pair: Buffer) => void) {
  for (let first = 0; first < pages; first += PAIRS_PER_WRITE) {
    const count = Math.min(PAIRS_PER_WRITE, pages - first);
    const bytes = Buffer.alloc(count * SLOT_PAIR_BYTES);
    for (let index = 0; index < count; index += 1) {
      fill(first + index, bytes.subarray(index * SLOT_PAIR_BYTES, (index + 1) * SLOT_PAIR_BYTES));
    }
    yield { offsetBytes: SUPERBLOCK_BYTES + first * SLOT_PAIR_BYTES, bytes };
  }
}

/**
 * What makes an extent a lease without remaps. The entry pages come first: a valid superblock then
 * proves that the pages behind it are whole, however the writes were cut short.
 */
export function formatLease(lease: LeaseIdentity): Result<WriteBatches> {
  const geometry = leaseGeometry(lease.lengthSectors, lease.blockSectors);
  if (!geometry.ok) return geometry;
  const { pages, dataStartSectors, nrBlocks } = geometry.value;
  const copies = [1n, 2n].map((sequence) =>
    renderSuperblock({
      ...lease,
      sequence,
      generation: 0 as Generation,
      dataStartSectors: dataStartSectors as Sectors,
      nrBlocks,
      mainSectors: 0 as Sectors,
      metadataFailed: false,
      members: [],
    }),
  );
  return success([
    pagePairs(pages, (page, pair) => {
      renderEntryPage(freeEntryPage(page, lease.leaseId)).copy(pair);
    }),
    [{ offsetBytes: 0, bytes: Buffer.concat(copies) }],
  ]);
}

/**
 * What makes a lease an extent that says nothing. The superblocks go first: from then on it is no lease.
 * The block size need not be known; the smallest has the most entry pages.
 */
export function wipeLease(lengthSectors: number): Result<WriteBatches> {
  const geometry = leaseGeometry(lengthSectors, SMALLEST_BLOCK_SECTORS);
  if (!geometry.ok) return geometry;
  return success([
    [{ offsetBytes: 0, bytes: Buffer.alloc(SUPERBLOCK_BYTES) }],
    pagePairs(geometry.value.pages, () => undefined),
  ]);
}
