import type { DeviceId, Sectors } from '../../../libs/contract/index.js';
import { SECTOR_BYTES } from '../../../libs/contract/index.js';
import { currentSuperblock, PAGE_BYTES, parseSuperblock } from '../../../libs/dm-table/index.js';
import type { Superblock } from '../../../libs/dm-table/index.js';
import type { Inventory } from '../discover/inventory.js';
import { DirectFile } from './direct-file.js';

export interface FoundLease {
  readonly deviceId: DeviceId;
  readonly offsetSectors: Sectors;
  readonly superblock: Superblock;
}

const MAGIC = Buffer.from('DMREMAP1');
const CHUNK_BYTES = 1 << 20;

/** Superblocks that begin in the chunk; of a lease cut off by its end, only a first copy is seen. */
export function superblocksIn(chunk: Buffer): { at: number; superblock: Superblock }[] {
  const found: { at: number; superblock: Superblock }[] = [];
  for (let at = 0; at + 2 * PAGE_BYTES <= chunk.length; at += PAGE_BYTES) {
    const first = chunk.subarray(at, at + PAGE_BYTES);
    const second = chunk.subarray(at + PAGE_BYTES, at + 2 * PAGE_BYTES);
    const parity = (copy: number) => (page: Buffer) => {
      if (!page.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
      const parsed = parseSuperblock(page);
      const fits = parsed.ok && (parsed.value.sequence + 1n) % 2n === BigInt(copy);
      return fits ? parsed : undefined;
    };
    const copies = [parity(0)(first), parity(1)(second)].filter((copy) => copy !== undefined);
    const current = currentSuperblock(copies);
    if (current.ok) found.push({ at, superblock: current.value });
  }
  return found;
}

async function leasesOn(
  node: string,
  sizeSectors: number,
  giveUpAfterBytes: number,
): Promise<Omit<FoundLease, 'deviceId'>[]> {
  const file = await DirectFile.open(node, 'read');
  const found: Omit<FoundLease, 'deviceId'>[] = [];
  const end = Math.floor((sizeSectors * SECTOR_BYTES) / PAGE_BYTES) * PAGE_BYTES;
  try {
    let lastSeen = 0;
    for (let at = 0; at < end && at - lastSeen < giveUpAfterBytes;) {
      const length = Math.min(CHUNK_BYTES + PAGE_BYTES, end - at);
      const chunk = await file.read(at, length).catch(() => Buffer.alloc(length));
      const [first] = superblocksIn(chunk);
      if (first === undefined) {
        at += CHUNK_BYTES;
        continue;
      }
      const offset = at + first.at;
      const offsetSectors = (offset / SECTOR_BYTES) as Sectors;
      found.push({ offsetSectors, superblock: first.superblock });
      at = lastSeen = offset + Math.max(PAGE_BYTES, first.superblock.lengthSectors * SECTOR_BYTES);
    }
  } finally {
    await file.close();
  }
  return found;
}

/**
 * Every lease on the devices that nothing else uses. What is inside a lease is not taken for one. A device is
 * read until so much of it went by without a lease.
 */
export async function findLeases(
  inventory: Inventory,
  giveUpAfterBytes: number,
): Promise<FoundLease[]> {
  const free = [...inventory].filter(([, { observed }]) => observed.usedBy.length === 0);
  const found = await Promise.all(
    free.map(async ([deviceId, { node, observed }]) => {
      const leases = await leasesOn(node, observed.sizeSectors, giveUpAfterBytes);
      return leases.map((lease) => ({ ...lease, deviceId }));
    }),
  );
  return found.flat();
}
