import type { LeaseId } from '../contract/index.js';
import { SECTOR_BYTES } from '../contract/index.js';
import { parseEntryPage } from './entry-page.js';
import type { EntryPage } from './entry-page.js';
import { ENTRIES_PER_PAGE, SUPERBLOCK_SECTORS } from './geometry.js';
import { PAGE_BYTES, slotOf } from './page.js';
import { failure, success } from './result.js';
import type { Result } from './result.js';
import { parseSuperblock } from './superblock.js';
import type { Superblock } from './superblock.js';

/** Reads from the start of the lease; rejects when the device cannot. */
export type LeaseReader = (offsetBytes: number, lengthBytes: number) => Promise<Uint8Array>;

/** One of the two places that a superblock or an entry page takes turns in. */
export interface MetadataCopy<T> {
  /** From the start of the lease. */
  readonly offsetBytes: number;
  /** Undefined when the device cannot read it. */
  readonly bytes: Uint8Array | undefined;
  /** `wrong-slot` for one that is whole, but whose sequence belongs into the other place. */
  readonly content: Result<T>;
}

export type CopyPair<T> = readonly [MetadataCopy<T>, MetadataCopy<T>];

const SUPERBLOCK_BYTES = SUPERBLOCK_SECTORS * SECTOR_BYTES;
const PAIR_BYTES = 2 * PAGE_BYTES;
const PAIRS_PER_READ = 8;

async function readOnce(
  reader: LeaseReader,
  offsetBytes: number,
  lengthBytes: number,
): Promise<Result<Uint8Array>> {
  try {
    return success(await reader(offsetBytes, lengthBytes));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failure('unreadable', `cannot read ${lengthBytes} bytes at ${offsetBytes}: ${reason}`);
  }
}

/** In one read; where that fails, one by one, so that only what is bad is missing. */
async function readPages(
  reader: LeaseReader,
  offsetBytes: number,
  count: number,
): Promise<Result<Uint8Array>[]> {
  const whole = await readOnce(reader, offsetBytes, count * PAGE_BYTES);
  const pages: Result<Uint8Array>[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = index * PAGE_BYTES;
    pages.push(
      whole.ok
        ? success(whole.value.subarray(at, at + PAGE_BYTES))
        : await readOnce(reader, offsetBytes + at, PAGE_BYTES),
    );
  }
  return pages;
}

function copyOf<T extends { readonly sequence: bigint }>(
  read: Result<Uint8Array> | undefined,
  offsetBytes: number,
  slot: 0 | 1,
  parse: (bytes: Uint8Array) => Result<T>,
): MetadataCopy<T> {
  if (read?.ok !== true) {
    const unread = read ?? failure('unreadable', `nothing was read at ${offsetBytes}`);
    return { offsetBytes, bytes: undefined, content: unread };
  }
  const parsed = parse(read.value);
  const misplaced = parsed.ok && slotOf(parsed.value.sequence) !== slot;
  const content = misplaced
    ? failure(
        'wrong-slot',
        `sequence ${parsed.value.sequence.toString()} does not belong into copy ${slot}`,
      )
    : parsed;
  return { offsetBytes, bytes: read.value, content };
}

function pairOf<T extends { readonly sequence: bigint }>(
  reads: readonly (Result<Uint8Array> | undefined)[],
  offsetBytes: number,
  parse: (bytes: Uint8Array) => Result<T>,
): CopyPair<T> {
  return [
    copyOf(reads[0], offsetBytes, 0, parse),
    copyOf(reads[1], offsetBytes + PAGE_BYTES, 1, parse),
  ];
}

export async function readSuperblockCopies(reader: LeaseReader): Promise<CopyPair<Superblock>> {
  return pairOf(await readPages(reader, 0, 2), 0, parseSuperblock);
}

/** The copies of each entry page, in the order of the pages. */
export async function* readEntryPageCopies(
  reader: LeaseReader,
  { leaseId, nrBlocks }: { readonly leaseId: LeaseId; readonly nrBlocks: number },
): AsyncGenerator<{ readonly page: number; readonly copies: CopyPair<EntryPage> }> {
  const pages = Math.ceil(nrBlocks / ENTRIES_PER_PAGE);
  for (let first = 0; first < pages; first += PAIRS_PER_READ) {
    const count = Math.min(PAIRS_PER_READ, pages - first);
    const start = SUPERBLOCK_BYTES + first * PAIR_BYTES;
    const reads = await readPages(reader, start, 2 * count);
    for (let index = 0; index < count; index += 1) {
      const page = first + index;
      const copies = pairOf(
        reads.slice(2 * index, 2 * index + 2),
        start + index * PAIR_BYTES,
        (bytes) => parseEntryPage(bytes, { leaseId, page }),
      );
      yield { page, copies };
    }
  }
}

/** The valid copy with the higher sequence, and what it says. */
export function currentCopy<T extends { readonly sequence: bigint }>(
  copies: CopyPair<T>,
): { readonly copy: MetadataCopy<T>; readonly value: T } | undefined {
  const [first, second] = copies.map((copy) =>
    copy.content.ok ? { copy, value: copy.content.value } : undefined,
  );
  if (first === undefined || second === undefined) return first ?? second;
  return second.value.sequence > first.value.sequence ? second : first;
}
