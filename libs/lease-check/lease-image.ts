import fc from 'fast-check';
import type { BlockSectors, Generation, LeaseId, Sectors, TargetId } from '../contract/index.js';
import {
  ENTRIES_PER_PAGE,
  formatLease,
  leaseGeometry,
  PAGE_BYTES,
  parseEntryPage,
  renderEntryPage,
  renderSuperblock,
  slotOf,
} from '../dm-table/index.js';
import type { Entry, LeaseReader, Superblock } from '../dm-table/index.js';

export const TARGET = '4e1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0' as TargetId;
export const leaseId = (letter: string) =>
  `7${letter}1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0` as LeaseId;

export interface Change {
  readonly leaseBlock: number;
  readonly entry: Entry;
}

export interface ImageSpec {
  readonly leaseId: LeaseId;
  readonly blockSectors: BlockSectors;
  readonly lengthSectors: number;
  readonly mainSectors: number;
  readonly members: readonly LeaseId[];
  /** Superblock writes after formatting: one for each table that started. */
  readonly generations: readonly number[];
  readonly changes: readonly Change[];
}

export const SPEC: ImageSpec = {
  leaseId: leaseId('a'),
  blockSectors: 8,
  lengthSectors: 4096,
  mainSectors: 65_536,
  members: [leaseId('a')],
  generations: [1],
  changes: [],
};

export const readerOf =
  (image: Buffer): LeaseReader =>
  (offset, length) =>
    offset + length <= image.length
      ? Promise.resolve(image.subarray(offset, offset + length))
      : Promise.reject(new Error('it ends before'));

const pageStart = (page: number, slot: number) => (2 + 2 * page + slot) * PAGE_BYTES;

function superblockOf(spec: ImageSpec, sequence: bigint, generation: number): Superblock {
  const geometry = leaseGeometry(spec.lengthSectors, spec.blockSectors);
  if (!geometry.ok) throw new Error(geometry.message);
  return {
    sequence,
    generation: generation as Generation,
    targetId: TARGET,
    leaseId: spec.leaseId,
    lengthSectors: spec.lengthSectors as Sectors,
    dataStartSectors: geometry.value.dataStartSectors as Sectors,
    nrBlocks: geometry.value.nrBlocks,
    mainSectors: spec.mainSectors as Sectors,
    blockSectors: spec.blockSectors,
    metadataFailed: false,
    members: spec.members,
    label: '{}',
  };
}

/** A lease as formatting and then the kernel leave it, commit by commit. */
export class LeaseImage {
  readonly bytes: Buffer;

  constructor(readonly spec: ImageSpec) {
    this.bytes = Buffer.alloc(spec.lengthSectors * 512, 0x5a);
    const batches = formatLease({
      targetId: TARGET,
      leaseId: spec.leaseId,
      lengthSectors: spec.lengthSectors as Sectors,
      blockSectors: spec.blockSectors,
      label: '{}',
    });
    if (!batches.ok) throw new Error(batches.message);
    for (const { offsetBytes, bytes } of batches.value.flatMap((batch) => [...batch])) {
      this.bytes.set(bytes, offsetBytes);
    }
    spec.generations.forEach((generation, index) => {
      this.writeSuperblock(superblockOf(spec, BigInt(index + 3), generation));
    });
    spec.changes.forEach((change) => {
      this.commit(change);
    });
  }

  get reader(): LeaseReader {
    return readerOf(this.bytes);
  }

  get superblock(): Superblock {
    const { generations } = this.spec;
    return superblockOf(this.spec, BigInt(generations.length + 2), generations.at(-1) ?? 0);
  }

  get metadataBytes(): number {
    return this.superblock.dataStartSectors * 512;
  }

  writeSuperblock(superblock: Superblock): void {
    this.bytes.set(renderSuperblock(superblock), slotOf(superblock.sequence) * PAGE_BYTES);
  }

  /** Where the slot of a page is that counts. */
  currentSlot(page: number): number {
    const sequences = [0, 1].map((slot) => {
      const start = pageStart(page, slot);
      const { leaseId } = this.spec;
      const parsed = parseEntryPage(this.bytes.subarray(start, start + PAGE_BYTES), {
        leaseId,
        page,
      });
      return parsed.ok ? parsed.value.sequence : -1n;
    });
    return pageStart(page, (sequences[1] ?? 0n) > (sequences[0] ?? 0n) ? 1 : 0);
  }

  commit({ leaseBlock, entry }: Change): void {
    const page = Math.floor(leaseBlock / ENTRIES_PER_PAGE);
    const start = this.currentSlot(page);
    const { leaseId } = this.spec;
    const parsed = parseEntryPage(this.bytes.subarray(start, start + PAGE_BYTES), {
      leaseId,
      page,
    });
    if (!parsed.ok) throw new Error(parsed.message);
    const sequence = parsed.value.sequence + 1n;
    const entries = parsed.value.entries.with(leaseBlock % ENTRIES_PER_PAGE, entry);
    this.bytes.set(
      renderEntryPage({ ...parsed.value, sequence, entries }),
      pageStart(page, slotOf(sequence)),
    );
  }
}

export const remap = (mainBlock: number, sequence: number, valid = 0xff): Entry => ({
  kind: 'remap',
  mainBlock: BigInt(mainBlock),
  sequence: BigInt(sequence),
  valid: BigInt(valid),
});

/** Leases that went through a life without accidents. */
export const specs: fc.Arbitrary<ImageSpec> = fc
  .record({
    blockSectors: fc.constantFrom<BlockSectors>(8, 16, 32, 64),
    eights: fc.integer({ min: 20, max: 1024 }),
    mainSectors: fc.integer({ min: 4096, max: 1 << 30 }),
    tables: fc.integer({ min: 1, max: 4 }),
    picks: fc.array(
      fc.record({
        at: fc.nat(),
        main: fc.nat(),
        valid: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        retire: fc.boolean(),
      }),
      { maxLength: 40 },
    ),
  })
  .map(({ blockSectors, eights, mainSectors, tables, picks }) => {
    const lengthSectors = eights * 8;
    const geometry = leaseGeometry(lengthSectors, blockSectors);
    const nrBlocks = geometry.ok ? geometry.value.nrBlocks : 1;
    const mainBlocks = Math.ceil(mainSectors / blockSectors);
    const taken = new Set<number>();
    const changes = picks.flatMap(({ at, main, valid, retire }, index): Change[] => {
      const mainBlock = main % mainBlocks;
      if (taken.has(mainBlock) && !retire) return [];
      const size = Math.min(blockSectors, mainSectors - mainBlock * blockSectors);
      const leaseBlock = (at + index) % nrBlocks;
      taken.add(mainBlock);
      const sequence = BigInt(index + 1);
      const mask = valid & ((1n << BigInt(size)) - 1n);
      const entry: Entry = retire
        ? { kind: 'retired' }
        : { kind: 'remap', mainBlock: BigInt(mainBlock), sequence, valid: mask };
      return [{ leaseBlock, entry }];
    });
    return {
      ...SPEC,
      blockSectors,
      lengthSectors,
      mainSectors,
      generations: Array.from({ length: tables }, (_, index) => index + 1),
      changes,
    };
  });
