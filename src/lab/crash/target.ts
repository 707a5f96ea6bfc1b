import { Sectors, TargetId, BlockSectors, LeaseId } from '../../../libs/contract/index.js';
import { formatLease } from '../../../libs/dm-table/index.js';
import { sectorBytes } from './content.js';

export interface LeasePlace {
  readonly id: string;
  /** Number of the disk. */
  readonly disk: number;
  readonly offset: number;
  readonly length: number;
}

/** The target that a load runs on. Disk 0 is the main device. */
export interface CrashTarget {
  readonly id: string;
  readonly sectors: number;
  readonly blockSectors: number;
  readonly diskSectors: readonly number[];
  readonly leases: readonly LeasePlace[];
}

/** Three spare devices with five leases; one of them is large enough for two entry pages. */
export function crashTarget(blockSectors: number, uuid: () => string): CrashTarget {
  const lease = (disk: number, offset: number, length: number) => ({
    ...{ id: uuid(), disk, offset, length },
  });
  return {
    ...{ id: uuid(), sectors: 3003, blockSectors },
    diskSectors: [3072, 2136, 968, 400],
    leases: [
      lease(1, 64, 1600),
      lease(1, 1664, 400),
      lease(2, 8, 400),
      lease(2, 408, 512),
      lease(3, 0, 360),
    ],
  };
}

/** The disks with all leases formatted. */
export function freshImages(target: CrashTarget): Buffer[] {
  const images = target.diskSectors.map((sectors) => Buffer.alloc(sectors * sectorBytes));
  for (const { id, disk, offset, length } of target.leases) {
    const batches = formatLease({
      targetId: TargetId.parse(target.id),
      leaseId: LeaseId.parse(id),
      lengthSectors: Sectors.parse(length),
      blockSectors: BlockSectors.parse(target.blockSectors),
      label: '',
    });
    if (!batches.ok) throw new Error(batches.message);
    for (const write of batches.value.flatMap((batch) => [...batch])) {
      images[disk]?.set(write.bytes, offset * sectorBytes + write.offsetBytes);
    }
  }
  return images;
}
