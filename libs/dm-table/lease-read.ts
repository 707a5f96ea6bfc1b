import type { LeaseId } from '../contract/index.js';
import { SECTOR_BYTES } from '../contract/index.js';
import { parseEntryPage } from './entry-page.js';
import type { Entry, EntryPage } from './entry-page.js';
import { ENTRIES_PER_PAGE, leaseGeometry, SUPERBLOCK_SECTORS } from './geometry.js';
import { PAGE_BYTES } from './page.js';
import { failure, success } from './result.js';
import type { Result } from './result.js';
import { currentSuperblock, parseSuperblock } from './superblock.js';
import type { Superblock } from './superblock.js';

/** Reads from the start of the lease; rejects when the device cannot. */
export type LeaseReader = (offsetBytes: number, lengthBytes: number) => Promise<Uint8Array>;

export interface LeaseRemap {
  readonly leaseBlock: number;
  readonly mainBlock: bigint;
  readonly sequence: bigint;
  readonly valid: bigint;
}

export interface LeaseContents {
  readonly superblock: Superblock;
  readonly remaps: readonly LeaseRemap[];
  readonly retiredBlocks: readonly number[];
}

async function readPage(reader: LeaseReader, offsetBytes: number): Promise<Result<Uint8Array>> {
  try {
    return success(await reader(offsetBytes, PAGE_BYTES));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failure('unreadable', `cannot read 4096 bytes at ${offsetBytes}: ${reason}`);
  }
}

export async function readSuperblock(reader: LeaseReader): Promise<Result<Superblock>> {
  const copies: Result<Superblock>[] = [];
  for (const offset of [0, PAGE_BYTES]) {
    const bytes = await readPage(reader, offset);
    copies.push(bytes.ok ? parseSuperblock(bytes.value) : bytes);
  }
  return currentSuperblock(copies);
}

/** The valid slot with the higher sequence; an unreadable slot might have been it, so it refuses. */
async function readEntryPage(
  reader: LeaseReader,
  expected: { leaseId: LeaseId; page: number },
): Promise<Result<EntryPage>> {
  const start = SUPERBLOCK_SECTORS * SECTOR_BYTES + expected.page * 2 * PAGE_BYTES;
  let current: EntryPage | undefined;
  for (const slot of [0, 1]) {
    const bytes = await readPage(reader, start + slot * PAGE_BYTES);
    if (!bytes.ok) return bytes;
    const parsed = parseEntryPage(bytes.value, expected);
    if (parsed.ok && (current === undefined || parsed.value.sequence > current.sequence)) {
      current = parsed.value;
    }
  }
  return current === undefined
    ? failure('no-valid-slot', `neither slot of entry page ${expected.page} is valid`)
    : success(current);
}

export async function readLease(reader: LeaseReader): Promise<Result<LeaseContents>> {
  const superblock = await readSuperblock(reader);
  if (!superblock.ok) return superblock;
  const { leaseId, nrBlocks } = superblock.value;
  const entries: Entry[] = [];
  for (let page = 0; page * ENTRIES_PER_PAGE < nrBlocks; page += 1) {
    const read = await readEntryPage(reader, { leaseId, page });
    if (!read.ok) return read;
    entries.push(...read.value.entries);
  }
  const blocks = entries.slice(0, nrBlocks).map((entry, leaseBlock) => ({ entry, leaseBlock }));
  return success({
    superblock: superblock.value,
    remaps: blocks.flatMap(({ entry, leaseBlock }) =>
      entry.kind === 'remap'
        ? [{ leaseBlock, mainBlock: entry.mainBlock, sequence: entry.sequence, valid: entry.valid }]
        : [],
    ),
    retiredBlocks: blocks.flatMap(({ entry, leaseBlock }) =>
      entry.kind === 'retired' ? [leaseBlock] : [],
    ),
  });
}

/**
 * Whether an extent without a valid superblock still shows entries of this lease that are not free. A
 * lease that has them lost its superblock; to format it would lose what lives there.
 */
export async function hasEntriesOf(
  reader: LeaseReader,
  lease: {
    readonly leaseId: LeaseId;
    readonly lengthSectors: number;
    readonly blockSectors: number;
  },
): Promise<boolean> {
  const geometry = leaseGeometry(lease.lengthSectors, lease.blockSectors);
  if (!geometry.ok) return false;
  for (let page = 0; page < geometry.value.pages; page += 1) {
    const read = await readEntryPage(reader, { leaseId: lease.leaseId, page });
    if (!read.ok && read.code === 'unreadable') return true;
    if (read.ok && read.value.entries.some(({ kind }) => kind !== 'free')) return true;
  }
  return false;
}
