import type { BlockSectors, Generation, LeaseId, Sectors, TargetId } from '../contract/index.js';
import { MAX_MEMBERS } from './geometry.js';
import { openPage, PAGE_BYTES, readCount, readUuid, sealPage, writeUuid } from './page.js';
import { failure, success } from './result.js';
import type { Result } from './result.js';

export const SUPERBLOCK_MAGIC = 'DMREMAP1';
const VERSION = 1;
const FLAG_METADATA_FAILED = 1;
const MEMBERS_OFFSET = 112;
const LABEL_OFFSET = 2160;
/** Room for a label in UTF-8. */
export const LABEL_BYTES = 512;
const BLOCK_SECTORS: readonly number[] = [8, 16, 32, 64];

export interface Superblock {
  readonly sequence: bigint;
  /** Table generation that last ran with this lease; 0 when just formatted. */
  readonly generation: Generation;
  readonly targetId: TargetId;
  readonly leaseId: LeaseId;
  readonly lengthSectors: Sectors;
  readonly dataStartSectors: Sectors;
  readonly nrBlocks: number;
  /** 0 when just formatted. */
  readonly mainSectors: Sectors;
  readonly blockSectors: BlockSectors;
  readonly metadataFailed: boolean;
  /** All leases of the target at `generation`, in table order; empty when just formatted. */
  readonly members: readonly LeaseId[];
  /** User space's own words; the kernel keeps them as they are. */
  readonly label: string;
}

export function renderSuperblock(superblock: Superblock): Buffer {
  const page = Buffer.alloc(PAGE_BYTES);
  page.writeUInt32LE(VERSION, 12);
  page.writeBigUInt64LE(superblock.sequence, 16);
  page.writeBigUInt64LE(BigInt(superblock.generation), 24);
  writeUuid(page, 32, superblock.targetId);
  writeUuid(page, 48, superblock.leaseId);
  page.writeBigUInt64LE(BigInt(superblock.lengthSectors), 64);
  page.writeBigUInt64LE(BigInt(superblock.dataStartSectors), 72);
  page.writeBigUInt64LE(BigInt(superblock.nrBlocks), 80);
  page.writeBigUInt64LE(BigInt(superblock.mainSectors), 88);
  page.writeUInt32LE(superblock.blockSectors, 96);
  page.writeUInt32LE(superblock.metadataFailed ? FLAG_METADATA_FAILED : 0, 100);
  page.writeUInt32LE(superblock.members.length, 104);
  superblock.members.forEach((member, index) => {
    writeUuid(page, MEMBERS_OFFSET + 16 * index, member);
  });
  page.write(superblock.label, LABEL_OFFSET, LABEL_BYTES, 'utf8');
  return sealPage(page, SUPERBLOCK_MAGIC);
}

function readLabel(page: Buffer): string {
  const label = page.subarray(LABEL_OFFSET, LABEL_OFFSET + LABEL_BYTES);
  const end = label.indexOf(0);
  return label.subarray(0, end < 0 ? LABEL_BYTES : end).toString('utf8');
}

/** One copy on its own; which of two counts is `currentSuperblock`'s business. */
export function parseSuperblock(bytes: Uint8Array): Result<Superblock> {
  const opened = openPage(bytes, SUPERBLOCK_MAGIC);
  if (!opened.ok) return opened;
  const page = opened.value;
  const version = page.readUInt32LE(12);
  if (version !== VERSION) return failure('bad-version', `superblock version ${version}`);

  const generation = readCount(page, 24, 'generation');
  if (!generation.ok) return generation;
  const length = readCount(page, 64, 'length');
  if (!length.ok) return length;
  const dataStart = readCount(page, 72, 'data_start');
  if (!dataStart.ok) return dataStart;
  const nrBlocks = readCount(page, 80, 'nr_blocks');
  if (!nrBlocks.ok) return nrBlocks;
  const mainSectors = readCount(page, 88, 'main_sectors');
  if (!mainSectors.ok) return mainSectors;
  const blockSectors = page.readUInt32LE(96);
  if (!BLOCK_SECTORS.includes(blockSectors)) {
    return failure('bad-value', `block_sectors is ${blockSectors}`);
  }
  const nrMembers = page.readUInt32LE(104);
  if (nrMembers > MAX_MEMBERS) return failure('bad-value', `nr_members is ${nrMembers}`);

  return success({
    sequence: page.readBigUInt64LE(16),
    generation: generation.value as Generation,
    targetId: readUuid(page, 32) as TargetId,
    leaseId: readUuid(page, 48) as LeaseId,
    lengthSectors: length.value as Sectors,
    dataStartSectors: dataStart.value as Sectors,
    nrBlocks: nrBlocks.value,
    mainSectors: mainSectors.value as Sectors,
    blockSectors: blockSectors as BlockSectors,
    metadataFailed: (page.readUInt32LE(100) & FLAG_METADATA_FAILED) !== 0,
    members: Array.from(
      { length: nrMembers },
      (_, index) => readUuid(page, MEMBERS_OFFSET + 16 * index) as LeaseId,
    ),
    label: readLabel(page),
  });
}

/** What a whole copy may be refused for: it was written on purpose, so the other one is not looked at instead. */
const NOT_UNDERSTOOD: readonly string[] = ['bad-version', 'bad-value'];

/**
 * The valid copy with the higher sequence, as the kernel takes it. A copy that cannot be read, or that is
 * whole but not understood, might be the newer one, so it refuses; a damaged one was never written whole.
 */
export function currentSuperblock(copies: readonly Result<Superblock>[]): Result<Superblock> {
  for (const copy of copies)
    if (!copy.ok && (copy.code === 'unreadable' || NOT_UNDERSTOOD.includes(copy.code))) return copy;
  const valid = copies.flatMap((copy) => (copy.ok ? [copy.value] : []));
  const current = valid.reduce<Superblock | undefined>(
    (best, copy) => (best !== undefined && best.sequence >= copy.sequence ? best : copy),
    undefined,
  );
  if (current !== undefined) return success(current);
  const reasons = copies.map((copy, index) => `copy ${index}: ${copy.ok ? '' : copy.message}`);
  return failure('no-valid-copy', reasons.join('; '));
}
