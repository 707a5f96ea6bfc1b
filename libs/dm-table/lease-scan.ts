import type { LeaseId, Sectors } from '../contract/index.js';
import { SECTOR_BYTES } from '../contract/index.js';
import { ENTRY_PAGE_MAGIC, parseEntryPage, stampOf } from './entry-page.js';
import { SUPERBLOCK_SECTORS } from './geometry.js';
import type { LeaseReader } from './metadata-copy.js';
import { openPage, PAGE_BYTES, slotOf } from './page.js';
import { currentSuperblock, parseSuperblock, SUPERBLOCK_MAGIC } from './superblock.js';
import type { Superblock } from './superblock.js';

export interface LeaseSighting {
  readonly offsetSectors: Sectors;
  readonly superblock: Superblock;
}

/** An entry page outside of every lease that was found: of a lease that lost its superblocks. */
export interface StrayPage {
  readonly offsetBytes: number;
  readonly leaseId: LeaseId;
  /** Where its lease began. */
  readonly leaseOffsetBytes: number;
  readonly liveEntries: number;
}

/** A page that begins as a superblock does and is none. */
export interface StrayHeader {
  readonly offsetBytes: number;
  readonly reason: string;
}

export interface Scan {
  readonly leases: readonly LeaseSighting[];
  readonly strayPages: readonly StrayPage[];
  readonly strayHeaders: readonly StrayHeader[];
  /** Where the scan stopped. */
  readonly scannedBytes: number;
}

const CHUNK_BYTES = 1 << 20;

const beginsWith = (page: Buffer, magic: string) =>
  page.toString('latin1', 0, magic.length) === magic;

/** Superblocks that begin in the chunk; of a lease cut off by its end, only a first copy is seen. */
export function superblocksIn(chunk: Buffer): { at: number; superblock: Superblock }[] {
  const found: { at: number; superblock: Superblock }[] = [];
  for (let at = 0; at + 2 * PAGE_BYTES <= chunk.length; at += PAGE_BYTES) {
    const copies = [0, 1].flatMap((copy) => {
      const page = chunk.subarray(at + copy * PAGE_BYTES, at + (copy + 1) * PAGE_BYTES);
      if (!beginsWith(page, SUPERBLOCK_MAGIC)) return [];
      const parsed = parseSuperblock(page);
      return parsed.ok && slotOf(parsed.value.sequence) !== copy ? [] : [parsed];
    });
    const current = currentSuperblock(copies);
    if (current.ok) found.push({ at, superblock: current.value });
  }
  return found;
}

function strayPage(page: Buffer, offsetBytes: number): StrayPage[] {
  const stamp = stampOf(page);
  const parsed = parseEntryPage(page, stamp);
  if (!parsed.ok) return [];
  const { sequence, entries } = parsed.value;
  const before = 2 * stamp.page + slotOf(sequence);
  return [
    {
      offsetBytes,
      leaseId: stamp.leaseId,
      leaseOffsetBytes: offsetBytes - before * PAGE_BYTES - SUPERBLOCK_SECTORS * SECTOR_BYTES,
      liveEntries: entries.filter(({ kind }) => kind === 'remap').length,
    },
  ];
}

function strayHeader(page: Buffer, offsetBytes: number): StrayHeader[] {
  const opened = openPage(page, SUPERBLOCK_MAGIC);
  const parsed = opened.ok ? parseSuperblock(page) : opened;
  return [{ offsetBytes, reason: parsed.ok ? 'it lies in the wrong place' : parsed.message }];
}

/**
 * Every lease of a device. What is inside a lease is not taken for one. The device is read until so much of
 * it went by without a lease; `read` decides what becomes of places that it cannot read.
 */
export async function scanForLeases(
  read: LeaseReader,
  sizeSectors: number,
  giveUpAfterBytes: number,
): Promise<Scan> {
  const leases: LeaseSighting[] = [];
  const strayPages: StrayPage[] = [];
  const strayHeaders: StrayHeader[] = [];
  const end = Math.floor((sizeSectors * SECTOR_BYTES) / PAGE_BYTES) * PAGE_BYTES;
  let at = 0;
  let lastSeen = 0;
  while (at < end && at - lastSeen < giveUpAfterBytes) {
    const length = Math.min(CHUNK_BYTES + PAGE_BYTES, end - at);
    const bytes = await read(at, length);
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const [first] = superblocksIn(chunk);
    const gap = Math.min(first?.at ?? CHUNK_BYTES, length);
    for (let page = 0; page < gap; page += PAGE_BYTES) {
      const content = chunk.subarray(page, page + PAGE_BYTES);
      if (beginsWith(content, ENTRY_PAGE_MAGIC)) strayPages.push(...strayPage(content, at + page));
      if (beginsWith(content, SUPERBLOCK_MAGIC)) {
        strayHeaders.push(...strayHeader(content, at + page));
      }
    }
    if (first === undefined) {
      at += CHUNK_BYTES;
      continue;
    }
    const offset = at + first.at;
    leases.push({
      offsetSectors: (offset / SECTOR_BYTES) as Sectors,
      superblock: first.superblock,
    });
    at = lastSeen = offset + Math.max(PAGE_BYTES, first.superblock.lengthSectors * SECTOR_BYTES);
  }
  return { leases, strayPages, strayHeaders, scannedBytes: Math.min(at, end) };
}
