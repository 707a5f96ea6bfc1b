/**
 * The write log that QEMU's blklogwrites keeps of a disk: the on-disk format of the kernel's
 * dm-log-writes (Documentation/admin-guide/device-mapper/log-writes.rst, drivers/md/dm-log-writes.c).
 * All fields are little-endian. What is relied on:
 *
 *   sector 0        magic u64, version u64 (1), nr_entries u64, sectorsize u32
 *   then, in turn   one sector per entry: sector u64, nr_sectors u64, flags u64, data_len u64 (QEMU
 *                   leaves it 0), the rest zero; then nr_sectors of data, unless it is a discard
 *
 * QEMU carries an operation out, then takes the next place in the log, then writes the entry there,
 * then tells the guest that the operation is complete. After a SIGKILL therefore:
 *
 *   - nr_entries, rewritten on a flush and now and then, lags behind: it is ignored, and an entry is
 *     believed when it is whole and makes sense;
 *   - an entry that is cut off, or whose place was taken but never filled and reads as zeroes, belongs
 *     to an operation that the guest never saw complete: it is passed over. Entries that took later
 *     places and were quicker count, so the reader looks for them behind the gap.
 */
export type WriteLogEntry =
  | { readonly kind: 'flush' }
  | {
      readonly kind: 'write';
      readonly sector: number;
      readonly sectors: number;
      /** Force unit access: this write alone is durable when it completes. */
      readonly fua: boolean;
      /** Byte offset of the data in the log. */
      readonly dataOffset: number;
    }
  | { readonly kind: 'discard'; readonly sector: number; readonly sectors: number };

export interface LogSource {
  readonly size: number;
  /** Bytes at an offset; fewer than asked for only at the end. */
  read(offset: number, length: number): Buffer;
}

export const sectorBytes = 512;

const magic = 0x6a736677736872n;
const version = 1n;
const flushFlag = 1n;
const fuaFlag = 2n;
const discardFlag = 4n;
const knownFlags = flushFlag | fuaFlag | discardFlag;
const usedHeaderBytes = 32;

function checkSuperblock(source: LogSource): void {
  const block = source.read(0, sectorBytes);
  if (block.every((byte) => byte === 0)) return; // killed before the first superblock was written
  if (block.readBigUInt64LE(0) !== magic || block.readBigUInt64LE(8) !== version) {
    throw new Error('This is not a write log of version 1: its first sector has another magic.');
  }
  const size = block.readUInt32LE(24);
  if (size !== sectorBytes) {
    throw new Error(`The write log counts in sectors of ${size} bytes, not ${sectorBytes}.`);
  }
}

interface Header {
  readonly sector: number;
  readonly sectors: number;
  readonly flags: bigint;
}

type Parsed = Header | 'empty' | 'nonsense';

function parseHeader(header: Buffer, diskSectors: number): Parsed {
  if (header.every((byte) => byte === 0)) return 'empty';
  const sector = header.readBigUInt64LE(0);
  const sectors = header.readBigUInt64LE(8);
  const flags = header.readBigUInt64LE(16);
  const makesSense =
    (flags & ~knownFlags) === 0n &&
    (flags !== 0n || sectors > 0n) &&
    sector + sectors <= BigInt(diskSectors) &&
    header.subarray(usedHeaderBytes).every((byte) => byte === 0);
  return makesSense ? { sector: Number(sector), sectors: Number(sectors), flags } : 'nonsense';
}

function dataBytes({ sectors, flags }: Header): number {
  return flags & discardFlag ? 0 : sectors * sectorBytes;
}

/** Where entries go on behind a gap: the first sector that is an entry and is followed by another, or by the end. */
function afterGap(source: LogSource, from: number, diskSectors: number): number {
  const parse = (offset: number) => parseHeader(source.read(offset, sectorBytes), diskSectors);
  for (let offset = from; offset + sectorBytes <= source.size; offset += sectorBytes) {
    const header = parse(offset);
    if (typeof header === 'string') continue;
    const next = offset + sectorBytes + dataBytes(header);
    if (next === source.size) return offset;
    if (next + sectorBytes <= source.size && parse(next) !== 'nonsense') return offset;
  }
  return source.size;
}

/** The entries of a log in the order in which the disk carried them out. */
export function* writeLogEntries(source: LogSource, diskSectors: number): Generator<WriteLogEntry> {
  if (source.size < sectorBytes) return;
  checkSuperblock(source);
  let offset = sectorBytes;
  while (offset + sectorBytes <= source.size) {
    const header = parseHeader(source.read(offset, sectorBytes), diskSectors);
    if (header === 'nonsense') {
      throw new Error(`The write log has no entry where one should be, at byte ${offset}.`);
    }
    if (header === 'empty') {
      offset = afterGap(source, offset + sectorBytes, diskSectors);
      continue;
    }
    const dataOffset = offset + sectorBytes;
    offset = dataOffset + dataBytes(header);
    if (offset > source.size) return;
    yield* entriesOf(header, dataOffset);
  }
}

function* entriesOf(header: Header, dataOffset: number): Generator<WriteLogEntry> {
  const { sector, sectors, flags } = header;
  if (flags & flushFlag) yield { kind: 'flush' };
  if (sectors === 0) return;
  if (flags & discardFlag) yield { kind: 'discard', sector, sectors };
  else yield { kind: 'write', sector, sectors, fua: (flags & fuaFlag) !== 0n, dataOffset };
}
