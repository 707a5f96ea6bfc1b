import type { LeaseId, Sectors } from '../../../libs/contract/index.js';
import { SECTOR_BYTES } from '../../../libs/contract/index.js';
import {
  formatLease,
  hasEntriesOf,
  readSuperblock,
  wipeLease,
} from '../../../libs/dm-table/index.js';
import type {
  LeaseIdentity,
  Result,
  Superblock,
  WriteBatches,
} from '../../../libs/dm-table/index.js';
import { messageOf } from '../base/errors.js';
import { DirectFile } from './direct-file.js';

/** An extent of a device that can be opened now. */
export interface Extent {
  readonly node: string;
  readonly offsetSectors: Sectors;
  readonly lengthSectors: Sectors;
}

/** What an extent holds that is, or is to become, a lease. */
export type LeaseProbe =
  | { readonly kind: 'superblock'; readonly superblock: Superblock }
  /** No superblock; `entries` when remaps of this lease are there all the same. */
  | { readonly kind: 'blank'; readonly entries: boolean }
  | { readonly kind: 'unreadable'; readonly reason: string };

async function withExtent<T>(
  { node, offsetSectors }: Extent,
  mode: 'read' | 'write',
  use: (file: DirectFile, startBytes: number) => Promise<T>,
): Promise<T> {
  const file = await DirectFile.open(node, mode);
  try {
    return await use(file, offsetSectors * SECTOR_BYTES);
  } finally {
    await file.close();
  }
}

export async function probeLease(extent: Extent, leaseId: LeaseId): Promise<LeaseProbe> {
  try {
    return await withExtent(extent, 'read', async (file, start): Promise<LeaseProbe> => {
      const reader = (offset: number, length: number) => file.read(start + offset, length);
      const superblock = await readSuperblock(reader);
      if (superblock.ok) return { kind: 'superblock', superblock: superblock.value };
      if (superblock.code === 'unreadable') {
        return { kind: 'unreadable', reason: superblock.message };
      }
      const { lengthSectors } = extent;
      return {
        kind: 'blank',
        entries: await hasEntriesOf(reader, { leaseId, lengthSectors, blockSectors: 8 }),
      };
    });
  } catch (error) {
    return { kind: 'unreadable', reason: messageOf(error) };
  }
}

export async function probeSuperblock(extent: Extent): Promise<Result<Superblock>> {
  return withExtent(extent, 'read', (file, start) =>
    readSuperblock((offset, length) => file.read(start + offset, length)),
  );
}

async function writeBatches(extent: Extent, batches: Result<WriteBatches>): Promise<void> {
  if (!batches.ok) throw new Error(batches.message);
  await withExtent(extent, 'write', async (file, start) => {
    for (const batch of batches.value) {
      for (const { offsetBytes, bytes } of batch) await file.write(start + offsetBytes, bytes);
      await file.sync();
    }
  });
}

/** Durable when it resolves. The caller has made sure that nothing lives in the extent. */
export async function writeFormat(
  extent: Extent,
  identity: Omit<LeaseIdentity, 'lengthSectors'>,
): Promise<void> {
  await writeBatches(extent, formatLease({ ...identity, lengthSectors: extent.lengthSectors }));
}

/** Durable when it resolves. */
export async function writeWipe(extent: Extent): Promise<void> {
  await writeBatches(extent, wipeLease(extent.lengthSectors));
}
