import type { DeviceId } from '../../../libs/contract/index.js';
import { scanForLeases } from '../../../libs/dm-table/index.js';
import type { LeaseSighting } from '../../../libs/dm-table/index.js';
import type { Inventory } from '../discover/inventory.js';
import { DirectFile } from './direct-file.js';

export interface FoundLease extends LeaseSighting {
  readonly deviceId: DeviceId;
}

/** What cannot be read holds no lease that could be used. */
async function leasesOn(
  node: string,
  sizeSectors: number,
  giveUpAfterBytes: number,
): Promise<readonly LeaseSighting[]> {
  const file = await DirectFile.open(node, 'read');
  try {
    const read = (offset: number, length: number) =>
      file.read(offset, length).catch(() => Buffer.alloc(length));
    return (await scanForLeases(read, sizeSectors, giveUpAfterBytes)).leases;
  } finally {
    await file.close();
  }
}

/** Every lease on the devices that nothing else uses, as far as `scanForLeases` goes. */
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
