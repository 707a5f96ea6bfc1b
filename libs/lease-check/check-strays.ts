import type { MetadataFinding } from '../contract/index.js';
import { SECTOR_BYTES } from '../contract/index.js';
import type { Scan } from '../dm-table/index.js';

/** What a scan saw outside of leases: leases that cannot be opened any more. */
export function checkStrays(
  device: string,
  { strayPages, strayHeaders }: Pick<Scan, 'strayPages' | 'strayHeaders'>,
): MetadataFinding[] {
  const lost = new Map<
    string,
    { offsetBytes: number; leaseId: (typeof strayPages)[0]['leaseId']; pages: number; live: number }
  >();
  for (const { leaseId, leaseOffsetBytes, liveEntries } of strayPages) {
    const key = `${leaseId}@${leaseOffsetBytes}`;
    const before = lost.get(key);
    lost.set(key, {
      offsetBytes: Math.max(0, leaseOffsetBytes),
      leaseId,
      pages: (before?.pages ?? 0) + 1,
      live: (before?.live ?? 0) + liveEntries,
    });
  }
  const starts = new Set([...lost.values()].map(({ offsetBytes }) => offsetBytes));
  return [
    ...[...lost.values()].map(({ offsetBytes, leaseId, pages, live }): MetadataFinding => ({
      severity: live > 0 ? 'error' : 'warning',
      code: 'lease-lost',
      device,
      offsetBytes,
      leaseId,
      targetId: null,
      message: `A lease that began at sector ${offsetBytes / SECTOR_BYTES} has no superblock, but ${pages} entry pages with ${live} entries of blocks. If it was being wiped, wipe it again; otherwise both superblocks are lost: do not format it, and do not start its target.`,
    })),
    ...strayHeaders
      .filter(({ offsetBytes }) => !starts.has(offsetBytes) && !starts.has(offsetBytes - 4096))
      .map(({ offsetBytes, reason }): MetadataFinding => ({
        severity: 'error',
        code: 'superblock-lost',
        device,
        offsetBytes,
        leaseId: null,
        targetId: null,
        message: `Here is what begins as a superblock and is none: ${reason}. If a lease was here, do not format it, and do not start its target.`,
      })),
  ];
}
