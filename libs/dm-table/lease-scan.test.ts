import { describe, expect, it } from '@jest/globals';
import type { LeaseId, Sectors, TargetId } from '../contract/index.js';
import { freeEntryPage, renderEntryPage } from './entry-page.js';
import { formatLease } from './lease-format.js';
import { scanForLeases, superblocksIn } from './lease-scan.js';

const TARGET = '4e1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0' as TargetId;
const LEASE = '7a1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0' as LeaseId;
const OTHER = '7b1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0' as LeaseId;
const MIB = 1 << 20;
const START = 3 * 4096;

function put(device: Buffer, at: number, leaseId: LeaseId, lengthSectors = 1024): void {
  const batches = formatLease({
    targetId: TARGET,
    leaseId,
    lengthSectors: lengthSectors as Sectors,
    blockSectors: 8,
    label: 'of a target',
  });
  if (!batches.ok) throw new Error(batches.message);
  for (const { offsetBytes, bytes } of batches.value.flatMap((batch) => [...batch])) {
    device.set(bytes, at + offsetBytes);
  }
}

const scan = (device: Buffer, giveUpAfterBytes = Infinity) =>
  scanForLeases(
    (offset, length) => Promise.resolve(device.subarray(offset, offset + length)),
    device.length / 512,
    giveUpAfterBytes,
  );

describe('the search for superblocks', () => {
  const device = Buffer.alloc(MIB, 0x5a);
  put(device, START, LEASE);

  it('finds one at any page, with its label', () => {
    expect(superblocksIn(device)).toMatchObject([
      { at: START, superblock: { leaseId: LEASE, label: 'of a target' } },
    ]);
  });

  it.each([0, 1])('finds it at the same place when copy %i is damaged', (copy) => {
    const damaged = Buffer.from(device);
    damaged.fill(0, START + copy * 4096, START + copy * 4096 + 512);
    expect(superblocksIn(damaged)).toMatchObject([{ at: START }]);
  });
});

describe('a scan', () => {
  it('finds leases wherever they lie, and none in what a lease holds', async () => {
    const device = Buffer.alloc(5 * MIB);
    put(device, MIB - 4096, LEASE, 2048);
    put(device, MIB - 4096 + 512 * 1024, OTHER);
    put(device, 4 * MIB - 8192, OTHER);
    expect((await scan(device)).leases.map(({ offsetSectors }) => offsetSectors)).toEqual([
      (MIB - 4096) / 512,
      (4 * MIB - 8192) / 512,
    ]);
  });

  it('stops when so much went by without a lease', async () => {
    const device = Buffer.alloc(8 * MIB);
    put(device, 6 * MIB, LEASE);
    expect(await scan(device, 4 * MIB)).toMatchObject({ leases: [], scannedBytes: 4 * MIB });
    expect(await scan(device)).toMatchObject({ leases: [{}], scannedBytes: 8 * MIB });
  });

  it('tells where a lease was that lost its superblocks', async () => {
    const device = Buffer.alloc(MIB);
    put(device, START, LEASE);
    const page = freeEntryPage(0, LEASE);
    const remap = { kind: 'remap', mainBlock: 7n, sequence: 3n, valid: 0xffn } as const;
    renderEntryPage({ ...page, sequence: 2n, entries: page.entries.with(5, remap) }).copy(
      device,
      START + 8192 + 4096,
    );
    device.fill(0, START, START + 4096);
    device.fill(1, START + 4096 + 512, START + 8192);
    const { leases, strayPages, strayHeaders } = await scan(device);
    expect(leases).toEqual([]);
    expect(strayPages).toMatchObject([
      { offsetBytes: START + 8192, leaseOffsetBytes: START, leaseId: LEASE, liveEntries: 0 },
      { offsetBytes: START + 12_288, leaseOffsetBytes: START, leaseId: LEASE, liveEntries: 1 },
    ]);
    expect(strayHeaders).toMatchObject([{ offsetBytes: START + 4096 }]);
  });
});
