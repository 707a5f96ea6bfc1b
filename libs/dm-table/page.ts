import { crc32c } from './crc32c.js';
import { failure, success } from './result.js';
import type { Result } from './result.js';

/** Superblock copies and entry page slots are all of this size. */
export const PAGE_BYTES = 4096;

const CRC_OFFSET = 8;
const UUID_BYTES = 16;

/** Which of the two places holds what was written with this sequence number. */
export const slotOf = (sequence: bigint): 0 | 1 => (sequence % 2n === 1n ? 0 : 1);

function checksum(page: Buffer): number {
  const copy = Buffer.from(page);
  copy.writeUInt32LE(0, CRC_OFFSET);
  return crc32c(copy);
}

/** Writes the magic and, last, the checksum over everything else. */
export function sealPage(page: Buffer, magic: string): Buffer {
  page.write(magic, 0, 'ascii');
  page.writeUInt32LE(checksum(page), CRC_OFFSET);
  return page;
}

/** Checks size, magic and checksum. */
export function openPage(bytes: Uint8Array, magic: string): Result<Buffer> {
  if (bytes.length !== PAGE_BYTES) {
    return failure('bad-syntax', `a page has ${PAGE_BYTES} bytes, not ${bytes.length}`);
  }
  const page = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (page.toString('latin1', 0, magic.length) !== magic) {
    return failure('bad-magic', `the page does not begin with ${magic}`);
  }
  if (page.readUInt32LE(CRC_OFFSET) !== checksum(page)) {
    return failure('bad-crc', `the checksum of the ${magic} page is wrong`);
  }
  return success(page);
}

export function writeUuid(page: Buffer, offset: number, uuid: string): void {
  page.write(uuid.replaceAll('-', ''), offset, UUID_BYTES, 'hex');
}

export function readUuid(page: Buffer, offset: number): string {
  const hex = page.toString('hex', offset, offset + UUID_BYTES);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A u64 that counts sectors, blocks or generations; such values stay below 2^53 on any real device. */
export function readCount(page: Buffer, offset: number, field: string): Result<number> {
  const value = page.readBigUInt64LE(offset);
  return value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? success(Number(value))
    : failure('value-too-large', `${field} is ${value.toString()}`);
}
