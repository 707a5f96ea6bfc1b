import type { DeviceId, HostId } from '../contract/index.js';

export interface Device {
  id: DeviceId;
  /** The whole disk that a partition lies on; equal to `id` for a disk. */
  diskId: DeviceId;
}

/** What a spare or a main device in the books holds. */
export interface DeviceClaim extends Device {
  hostId: HostId;
}

const isWhole = ({ id, diskId }: Device): boolean => id === diskId;

/** Two uses that would write over each other: the same device, or a disk and a partition of it. */
function overlaps(a: Device, b: Device): boolean {
  return a.id === b.id || (a.diskId === b.diskId && (isWhole(a) || isWhole(b)));
}

/**
 * The claim that keeps a device from being put to use on a host; undefined when none does. Partitions of one
 * disk may have several uses on one host, but a disk that several hosts reach belongs to one of them as a
 * whole: nobody watches a partition table for two.
 */
export function holderOf<Claim extends DeviceClaim>(
  claims: readonly Claim[],
  hostId: HostId,
  wanted: Device,
): Claim | undefined {
  const elsewhere = claims.find(
    (claim) =>
      claim.hostId !== hostId && (claim.diskId === wanted.diskId || claim.id === wanted.id),
  );
  return elsewhere ?? claims.find((claim) => overlaps(claim, wanted));
}
