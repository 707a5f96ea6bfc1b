import type { CheckedLease, MetadataFinding } from '../contract/index.js';
import {
  ENTRIES_PER_PAGE,
  entryOffset,
  readEntryPageCopies,
  readSuperblockCopies,
} from '../dm-table/index.js';
import type { Entry, LeaseReader, LeaseRemap, Superblock } from '../dm-table/index.js';
import { checkPage } from './check-page.js';
import { checkSuperblock } from './check-superblock.js';
import type { LeaseRoom } from './check-superblock.js';
import { FindingList } from './finding-list.js';
import type { LeasePlace } from './finding-list.js';

export interface LiveEntry extends LeaseRemap {
  /** Of the entry, from the start of the lease. */
  readonly offsetBytes: number;
}

/** A lease whose superblock could be followed, with the entries that could be believed. */
export interface LeaseUnderCheck {
  readonly place: LeasePlace;
  readonly superblock: Superblock;
  readonly live: readonly LiveEntry[];
  readonly summary: CheckedLease;
}

export interface LeaseCheck {
  readonly lease: LeaseUnderCheck | undefined;
  readonly findings: readonly MetadataFinding[];
}

type Remap = Extract<Entry, { kind: 'remap' }>;

const bits = (count: bigint): bigint => (1n << count) - 1n;

function bitCount(mask: bigint): number {
  return mask.toString(2).replaceAll('0', '').length;
}

/** Whether the entry can be believed. */
function checkEntry(
  entry: Remap,
  block: { readonly leaseBlock: number; readonly offsetBytes: number },
  { mainSectors, blockSectors }: Superblock,
  found: FindingList,
): boolean {
  const { mainBlock, valid } = entry;
  const size = BigInt(blockSectors);
  const left = mainSectors === 0 ? size : BigInt(mainSectors) - mainBlock * size;
  const what = `Lease block ${block.leaseBlock} is said to hold main block ${mainBlock.toString()}`;
  if (left <= 0n) {
    found.add(
      'error',
      'entry-out-of-range',
      block.offsetBytes,
      `${what}, beyond the target's ${mainSectors} sectors; the kernel refuses the lease. Report this as a bug of what wrote it.`,
    );
    return false;
  }
  const exists = left < size ? left : size;
  if ((valid & ~bits(exists)) !== 0n) {
    found.add(
      'error',
      'entry-valid-mask',
      block.offsetBytes,
      `${what} with valid sectors 0x${valid.toString(16)}, but that block has only ${exists.toString()} sectors. Report this as a bug of what wrote it.`,
    );
    return false;
  }
  const invalid = Number(exists) - bitCount(valid);
  if (invalid > 0) {
    found.add(
      'note',
      'entry-partly-valid',
      block.offsetBytes,
      `${what}; ${invalid} of its ${exists.toString()} sectors were not readable when it moved and stay an error until they are written. An array above repairs them with a scrub.`,
    );
  }
  return true;
}

/** Reads all metadata of a lease and judges it as the kernel would, and more strictly. */
export async function checkLease(
  reader: LeaseReader,
  place: LeasePlace,
  room: LeaseRoom,
): Promise<LeaseCheck> {
  const found = new FindingList(place);
  const superblock = checkSuperblock(await readSuperblockCopies(reader), room, found);
  if (superblock === undefined) return { lease: undefined, findings: found.findings };
  const live: LiveEntry[] = [];
  let usedBlocks = 0;
  let retiredBlocks = 0;
  for await (const { page, copies } of readEntryPageCopies(reader, superblock)) {
    const current = checkPage(page, copies, superblock, found);
    current?.value.entries.forEach((entry, index) => {
      const leaseBlock = page * ENTRIES_PER_PAGE + index;
      if (leaseBlock >= superblock.nrBlocks) return;
      if (entry.kind === 'retired') retiredBlocks += 1;
      if (entry.kind !== 'remap') return;
      usedBlocks += 1;
      const offsetBytes = current.copy.offsetBytes + entryOffset(index);
      if (checkEntry(entry, { leaseBlock, offsetBytes }, superblock, found)) {
        const { mainBlock, sequence, valid } = entry;
        live.push({ leaseBlock, mainBlock, sequence, valid, offsetBytes });
      }
    });
  }
  if (superblock.generation === 0 && usedBlocks > 0) {
    found.add(
      'error',
      'state-contradicts',
      0,
      `The lease holds ${usedBlocks} blocks, but its superblock says that it never ran: a newer superblock is lost, and with it the target's member list. Do not start the target without all of its leases.`,
    );
  }
  const { leaseId, targetId, generation, lengthSectors, nrBlocks } = superblock;
  const summary: CheckedLease = {
    device: place.device,
    offsetSectors: place.offsetSectors as CheckedLease['offsetSectors'],
    lengthSectors,
    leaseId,
    targetId,
    generation,
    totalBlocks: nrBlocks,
    usedBlocks,
    retiredBlocks,
  };
  return { lease: { place, superblock, live, summary }, findings: found.findings };
}
