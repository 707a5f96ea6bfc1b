import type { DumpedCopy, DumpedEntry, DumpedLease, Sectors } from '../contract/index.js';
import { SECTOR_BYTES } from '../contract/index.js';
import {
  currentCopy,
  ENTRIES_PER_PAGE,
  readEntryPageCopies,
  readSuperblockCopies,
} from '../dm-table/index.js';
import type { CopyPair, Entry, LeaseReader, Superblock } from '../dm-table/index.js';
import type { LeasePlace } from './finding-list.js';
import { geometryFault } from './geometry-fault.js';
import { isBlank } from './undefined-bytes.js';

export const ENTRY_CHOICES = ['none', 'live', 'retired', 'free', 'all'] as const;
export type EntryChoice = (typeof ENTRY_CHOICES)[number];

export interface DumpOptions {
  readonly entries: EntryChoice;
  /** The lease block to begin with. */
  readonly first: number;
  /** At most so many entries. */
  readonly limit: number;
}

function dumpCopies(copies: CopyPair<Superblock>, startBytes: number): DumpedCopy[] {
  const current = currentCopy(copies)?.copy;
  return copies.map((copy, index) => {
    const { bytes, content, offsetBytes } = copy;
    const state =
      bytes === undefined
        ? 'unreadable'
        : copy === current
          ? 'current'
          : content.ok
            ? 'valid'
            : isBlank(bytes)
              ? 'blank'
              : 'invalid';
    return {
      copy: index === 0 ? 0 : 1,
      offsetBytes: startBytes + offsetBytes,
      state,
      sequence: content.ok ? content.value.sequence.toString() : null,
      generation: content.ok ? content.value.generation : null,
      reason: content.ok ? null : content.message,
    };
  });
}

function dumpSuperblock(superblock: Superblock): NonNullable<DumpedLease['superblock']> {
  const { nrBlocks, sequence, members, ...rest } = superblock;
  return { ...rest, totalBlocks: nrBlocks, sequence: sequence.toString(), members: [...members] };
}

function dumpEntry(entry: Entry, leaseBlock: number, sector: number): DumpedEntry {
  const remap = entry.kind === 'remap' ? entry : undefined;
  return {
    leaseBlock,
    kind: entry.kind === 'remap' ? 'live' : entry.kind,
    mainBlock: remap?.mainBlock.toString() ?? null,
    sequence: remap?.sequence.toString() ?? null,
    valid: remap === undefined ? null : `0x${remap.valid.toString(16)}`,
    sector: sector as Sectors,
  };
}

/** Everything that a lease says, whether or not it is believable. */
export async function dumpLease(
  reader: LeaseReader,
  { device, offsetSectors }: LeasePlace,
  sectorsToEnd: number,
  { entries: choice, first, limit }: DumpOptions,
): Promise<DumpedLease> {
  const copies = await readSuperblockCopies(reader);
  const superblock = currentCopy(copies)?.value;
  const lostPages: number[] = [];
  const entries: DumpedEntry[] = [];
  let next: number | null = null;
  let usedBlocks = 0;
  let retiredBlocks = 0;
  if (superblock !== undefined && geometryFault(superblock, sectorsToEnd) === undefined) {
    const { nrBlocks, dataStartSectors, blockSectors } = superblock;
    for await (const { page, copies: slots } of readEntryPageCopies(reader, superblock)) {
      const current = currentCopy(slots);
      if (current === undefined) lostPages.push(page);
      const start = page * ENTRIES_PER_PAGE;
      current?.value.entries.slice(0, nrBlocks - start).forEach((entry, index) => {
        const leaseBlock = start + index;
        if (entry.kind === 'remap') usedBlocks += 1;
        if (entry.kind === 'retired') retiredBlocks += 1;
        const wanted =
          choice === 'all' || choice === (entry.kind === 'remap' ? 'live' : entry.kind);
        if (!wanted || leaseBlock < first) return;
        if (entries.length >= limit) {
          next ??= leaseBlock;
          return;
        }
        const sector = offsetSectors + dataStartSectors + leaseBlock * blockSectors;
        entries.push(dumpEntry(entry, leaseBlock, sector));
      });
    }
  }
  return {
    device,
    offsetSectors: offsetSectors as Sectors,
    copies: dumpCopies(copies, offsetSectors * SECTOR_BYTES),
    superblock: superblock === undefined ? null : dumpSuperblock(superblock),
    usedBlocks,
    retiredBlocks,
    lostPages,
    entries,
    next,
  };
}
