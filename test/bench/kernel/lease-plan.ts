import type { Generation, LeaseId, Sectors, TargetId } from '../../../libs/contract/index.js';
import {
  ENTRIES_PER_PAGE,
  ENTRY_PAGE_SECTORS,
  leaseGeometry,
  renderEntryPage,
  renderSuperblock,
  SUPERBLOCK_SECTORS,
} from '../../../libs/dm-table/index.js';
import type { Entry, LeaseWrite } from '../../../libs/dm-table/index.js';

export const BLOCK_SECTORS = 8;
const sectorBytes = 512;
const pageBytes = 4096;
const wholeBlock = 0xffn;

/** A lease as its metadata is to be found on the spare device. */
export interface LeasePlan {
  /** Short, unique among the leases of a guest. */
  readonly name: string;
  readonly targetId: TargetId;
  readonly leaseId: LeaseId;
  readonly nrBlocks: number;
  /** The main block that lives in lease block i; the lease blocks behind the last are free. */
  readonly mainBlocks: readonly number[];
  readonly mainSectors: number;
}

export interface LeaseLayout {
  readonly metadataSectors: number;
  readonly lengthSectors: number;
  readonly pages: number;
}

/** The shortest lease with this many blocks. */
export function layoutOf({ nrBlocks }: Pick<LeasePlan, 'nrBlocks'>): LeaseLayout {
  const pages = Math.ceil(nrBlocks / ENTRIES_PER_PAGE);
  const metadataSectors = SUPERBLOCK_SECTORS + ENTRY_PAGE_SECTORS * pages;
  const lengthSectors = metadataSectors + nrBlocks * BLOCK_SECTORS;
  const geometry = leaseGeometry(lengthSectors, BLOCK_SECTORS);
  if (!geometry.ok || geometry.value.nrBlocks !== nrBlocks) {
    throw new Error(`No lease has exactly ${nrBlocks} blocks.`);
  }
  return { metadataSectors, lengthSectors, pages };
}

function superblocks(plan: LeasePlan, layout: LeaseLayout): Buffer {
  const used = plan.mainBlocks.length > 0;
  return Buffer.concat(
    [1n, 2n].map((sequence) =>
      renderSuperblock({
        sequence,
        generation: (used ? 1 : 0) as Generation,
        targetId: plan.targetId,
        leaseId: plan.leaseId,
        lengthSectors: layout.lengthSectors as Sectors,
        dataStartSectors: layout.metadataSectors as Sectors,
        nrBlocks: plan.nrBlocks,
        mainSectors: (used ? plan.mainSectors : 0) as Sectors,
        blockSectors: BLOCK_SECTORS,
        metadataFailed: false,
        members: used ? [plan.leaseId] : [],
        label: '',
      }),
    ),
  );
}

/**
 * Both slots of a page as single remaps, one commit each, leave them: the current version, and the one
 * before it, which the target has to check as well before it can tell which is which.
 */
function slotPair(plan: LeasePlan, page: number): Buffer {
  const first = page * ENTRIES_PER_PAGE;
  const entries = Array.from({ length: ENTRIES_PER_PAGE }, (_, index): Entry => {
    const mainBlock = plan.mainBlocks[first + index];
    return mainBlock === undefined
      ? { kind: 'free' }
      : {
          kind: 'remap',
          mainBlock: BigInt(mainBlock),
          sequence: BigInt(first + index + 1),
          valid: wholeBlock,
        };
  });
  const used = entries.filter((entry) => entry.kind === 'remap').length;
  const version = (commits: number) =>
    renderEntryPage({
      page,
      sequence: BigInt(1 + commits),
      leaseId: plan.leaseId,
      entries: entries.map((entry, index) => (index < commits ? entry : { kind: 'free' })),
    });
  const pair = Buffer.alloc(2 * pageBytes);
  version(used).copy(pair, (used % 2) * pageBytes);
  if (used > 0) version(used - 1).copy(pair, ((used + 1) % 2) * pageBytes);
  return pair;
}

const pagesPerWrite = 64;

/** The metadata of the lease, from its first sector. */
export function* renderLease(plan: LeasePlan): Generator<LeaseWrite> {
  const layout = layoutOf(plan);
  yield { offsetBytes: 0, bytes: superblocks(plan, layout) };
  for (let page = 0; page < layout.pages; page += pagesPerWrite) {
    const count = Math.min(pagesPerWrite, layout.pages - page);
    const pairs = Array.from({ length: count }, (_, index) => slotPair(plan, page + index));
    yield {
      offsetBytes: SUPERBLOCK_SECTORS * sectorBytes + page * 2 * pageBytes,
      bytes: Buffer.concat(pairs),
    };
  }
}
