import type { LeaseId } from '../contract/index.js';
import { ENTRIES_PER_PAGE } from './geometry.js';
import { openPage, PAGE_BYTES, readUuid, sealPage, writeUuid } from './page.js';
import { failure, success } from './result.js';
import type { Result } from './result.js';

export const ENTRY_PAGE_MAGIC = 'DMREMAPE';
const ENTRIES_OFFSET = 64;
const ENTRY_BYTES = 24;
const FREE = 0xffff_ffff_ffff_ffffn;
const RETIRED = 0xffff_ffff_ffff_fffen;

/** What one lease block holds. `valid` has a bit for each sector that holds data. */
export type Entry =
  | { readonly kind: 'free' }
  | { readonly kind: 'retired' }
  | {
      readonly kind: 'remap';
      readonly mainBlock: bigint;
      readonly sequence: bigint;
      readonly valid: bigint;
    };

export interface EntryPage {
  readonly page: number;
  readonly sequence: bigint;
  readonly leaseId: LeaseId;
  /** Always `ENTRIES_PER_PAGE` of them. */
  readonly entries: readonly Entry[];
}

/** Where in its page the entry of the page's nth block is. */
export const entryOffset = (index: number): number => ENTRIES_OFFSET + ENTRY_BYTES * index;

export function freeEntryPage(page: number, leaseId: LeaseId): EntryPage {
  const entries = Array.from({ length: ENTRIES_PER_PAGE }, (): Entry => ({ kind: 'free' }));
  return { page, sequence: 1n, leaseId, entries };
}

export function renderEntryPage(entryPage: EntryPage): Buffer {
  const page = Buffer.alloc(PAGE_BYTES);
  page.writeUInt32LE(entryPage.page, 12);
  page.writeBigUInt64LE(entryPage.sequence, 16);
  writeUuid(page, 24, entryPage.leaseId);
  entryPage.entries.forEach((entry, index) => {
    const offset = entryOffset(index);
    if (entry.kind === 'remap') {
      page.writeBigUInt64LE(entry.mainBlock, offset);
      page.writeBigUInt64LE(entry.sequence, offset + 8);
      page.writeBigUInt64LE(entry.valid, offset + 16);
    } else {
      page.writeBigUInt64LE(entry.kind === 'free' ? FREE : RETIRED, offset);
    }
  });
  return sealPage(page, ENTRY_PAGE_MAGIC);
}

function parseEntry(page: Buffer, offset: number): Entry {
  const mainBlock = page.readBigUInt64LE(offset);
  if (mainBlock === FREE) return { kind: 'free' };
  if (mainBlock === RETIRED) return { kind: 'retired' };
  return {
    kind: 'remap',
    mainBlock,
    sequence: page.readBigUInt64LE(offset + 8),
    valid: page.readBigUInt64LE(offset + 16),
  };
}

/** What a page says it is, whether or not that is true. */
export const stampOf = (page: Buffer): { readonly leaseId: LeaseId; readonly page: number } => ({
  leaseId: readUuid(page, 24) as LeaseId,
  page: page.readUInt32LE(12),
});

export function parseEntryPage(
  bytes: Uint8Array,
  expected: { readonly leaseId: LeaseId; readonly page: number },
): Result<EntryPage> {
  const opened = openPage(bytes, ENTRY_PAGE_MAGIC);
  if (!opened.ok) return opened;
  const page = opened.value;
  const { page: number, leaseId } = stampOf(page);
  if (number !== expected.page) {
    return failure('wrong-page', `entry page ${number} lies where ${expected.page} belongs`);
  }
  if (leaseId !== expected.leaseId) {
    return failure('wrong-lease', `entry page ${number} is left over from lease ${leaseId}`);
  }
  return success({
    page: number,
    sequence: page.readBigUInt64LE(16),
    leaseId,
    entries: Array.from({ length: ENTRIES_PER_PAGE }, (_, index) =>
      parseEntry(page, entryOffset(index)),
    ),
  });
}
