import { describe, expect, test } from '@jest/globals';
import { LeaseId, TargetId } from '../../../libs/contract/index.js';
import { readLease } from '../../../libs/dm-table/index.js';
import { layoutOf, type LeasePlan, renderLease } from './lease-plan.js';

const plan: LeasePlan = {
  name: 'spare',
  targetId: TargetId.parse('4e1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0'),
  leaseId: LeaseId.parse('9b2d7f8a-0c43-4c69-a3c5-a1b2c3d4e5f6'),
  nrBlocks: 400,
  mainBlocks: Array.from({ length: 337 }, (_, index) => 7 * index + 3),
  mainSectors: 1 << 20,
};

function image(lease: LeasePlan): Buffer {
  const bytes = Buffer.alloc(layoutOf(lease).metadataSectors * 512);
  for (const write of renderLease(lease)) bytes.set(write.bytes, write.offsetBytes);
  return bytes;
}

async function contents(lease: LeasePlan) {
  const bytes = image(lease);
  return readLease((offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)));
}

describe('the metadata of a lease for a benchmark', () => {
  test('reads back as the remaps that were planned, each in its lease block', async () => {
    const lease = await contents(plan);
    expect(lease.ok).toBe(true);
    if (!lease.ok) return;
    expect(lease.value.superblock.nrBlocks).toBe(400);
    expect(lease.value.remaps.map((remap) => Number(remap.mainBlock))).toEqual(plan.mainBlocks);
    expect(lease.value.remaps.map((remap) => remap.leaseBlock)).toEqual(
      plan.mainBlocks.map((_, i) => i),
    );
  });

  test('without remaps is that of a lease just formatted', async () => {
    const lease = await contents({ ...plan, mainBlocks: [] });
    expect(lease.ok && lease.value.superblock.generation).toBe(0);
    expect(lease.ok && lease.value.remaps).toEqual([]);
  });
});
