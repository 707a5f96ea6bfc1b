import type { LeaseId } from '../contract/index.js';
import type { Entry, EntryPage } from './entry-page.js';
import { leaseGeometry } from './geometry.js';
import { currentCopy, readEntryPageCopies, readSuperblockCopies } from './metadata-copy.js';
import type { CopyPair, LeaseReader } from './metadata-copy.js';
import { failure, success } from './result.js';
import type { Result } from './result.js';
import { currentSuperblock } from './superblock.js';
import type { Superblock } from './superblock.js';

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

export async function readSuperblock(reader: LeaseReader): Promise<Result<Superblock>> {
  return currentSuperblock((await readSuperblockCopies(reader)).map(({ content }) => content));
}

/** The valid slot with the higher sequence; an unreadable slot might have been it, so it refuses. */
function currentEntryPage(page: number, copies: CopyPair<EntryPage>): Result<EntryPage> {
  for (const { content } of copies) {
    if (!content.ok && content.code === 'unreadable') return content;
  }
  const current = currentCopy(copies);
  return current === undefined
    ? failure('no-valid-slot', `neither slot of entry page ${page} is valid`)
    : success(current.value);
}

export async function readLease(reader: LeaseReader): Promise<Result<LeaseContents>> {
  const superblock = await readSuperblock(reader);
  if (!superblock.ok) return superblock;
  const entries: Entry[] = [];
  for await (const { page, copies } of readEntryPageCopies(reader, superblock.value)) {
    const read = currentEntryPage(page, copies);
    if (!read.ok) return read;
    entries.push(...read.value.entries);
  }
  const { nrBlocks } = superblock.value;
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
  const { leaseId } = lease;
  const { nrBlocks } = geometry.value;
  for await (const { page, copies } of readEntryPageCopies(reader, { leaseId, nrBlocks })) {
    const read = currentEntryPage(page, copies);
    if (!read.ok && read.code === 'unreadable') return true;
    if (read.ok && read.value.entries.some(({ kind }) => kind !== 'free')) return true;
  }
  return false;
}
