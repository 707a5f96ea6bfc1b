import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LeaseId, Sectors, TargetId } from '../contract/index.js';
import { blockSizes } from './arbitraries.js';
import { freeEntryPage, renderEntryPage } from './entry-page.js';
import { ENTRIES_PER_PAGE, leaseGeometry } from './geometry.js';
import { formatLease, wipeLease } from './lease-format.js';
import type { LeaseIdentity, WriteBatches } from './lease-format.js';
import { crc32c } from './crc32c.js';
import { hasEntriesOf, readLease, readSuperblock } from './lease-read.js';
import { superblocksIn } from './lease-scan.js';
import type { LeaseReader } from './metadata-copy.js';

const TARGET = '4e1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0' as TargetId;
const LEASE = '7a1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0' as LeaseId;
const identity: LeaseIdentity = {
  targetId: TARGET,
  leaseId: LEASE,
  lengthSectors: 16_384 as Sectors,
  blockSectors: 8,
  label: '{}',
};

const readerOf =
  (extent: Buffer): LeaseReader =>
  (offset, length) =>
    Promise.resolve(extent.subarray(offset, offset + length));

/** Applies the first `limit` 512-byte sectors of the writes, as a power cut would leave them. */
function apply(extent: Buffer, batches: WriteBatches, limit = Infinity): number {
  let written = 0;
  for (const batch of batches) {
    for (const { offsetBytes, bytes } of batch) {
      for (let at = 0; at < bytes.length && written < limit; at += 512, written += 1) {
        Buffer.from(bytes.subarray(at, at + 512)).copy(extent, offsetBytes + at);
      }
    }
  }
  return written;
}

function batchesOf(result: ReturnType<typeof formatLease>): WriteBatches {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

function formatted(): Buffer {
  const extent = Buffer.alloc(identity.lengthSectors * 512, 0x5a);
  apply(extent, batchesOf(formatLease(identity)));
  return extent;
}

describe('the layout of a lease', () => {
  it('fills the extent as far as whole blocks go, for any length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 1 << 26 }), blockSizes, (eights, blockSectors) => {
        const length = eights * 8;
        const geometry = leaseGeometry(length, blockSectors);
        fc.pre(geometry.ok);
        const { pages, dataStartSectors, nrBlocks } = geometry.value;
        expect(pages).toBe(Math.ceil(nrBlocks / ENTRIES_PER_PAGE));
        expect(dataStartSectors).toBe(Math.ceil((16 + 16 * pages) / blockSectors) * blockSectors);
        expect(dataStartSectors + nrBlocks * blockSectors).toBeLessThanOrEqual(length);
        const oneMore = Math.ceil((nrBlocks + 1) / ENTRIES_PER_PAGE);
        const itsStart = Math.ceil((16 + 16 * oneMore) / blockSectors) * blockSectors;
        expect(itsStart + (nrBlocks + 1) * blockSectors).toBeGreaterThan(length);
      }),
      { examples: [[52_471_120, 64]] },
    );
  });

  it('is refused for an extent that is too small or not aligned', () => {
    expect(leaseGeometry(32, 8)).toMatchObject({ code: 'lease-too-small' });
    expect(leaseGeometry(40, 8)).toMatchObject({ ok: true, value: { nrBlocks: 1 } });
    expect(leaseGeometry(16_383, 8)).toMatchObject({ code: 'lease-misaligned' });
  });
});

describe('formatting', () => {
  it('makes a lease that reads back empty, on whatever lay there before', async () => {
    const read = await readLease(readerOf(formatted()));
    expect(read).toMatchObject({
      ok: true,
      value: {
        superblock: { sequence: 2n, generation: 0, targetId: TARGET, leaseId: LEASE, members: [] },
        remaps: [],
        retiredBlocks: [],
      },
    });
  });

  it('cut short at any sector leaves no superblock, or a whole lease', async () => {
    const total = apply(Buffer.alloc(1 << 23), batchesOf(formatLease(identity)));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: total }), async (cut) => {
        const extent = Buffer.alloc(identity.lengthSectors * 512, 0x5a);
        apply(extent, batchesOf(formatLease(identity)), cut);
        const superblock = await readSuperblock(readerOf(extent));
        if (superblock.ok) expect((await readLease(readerOf(extent))).ok).toBe(true);
      }),
      { numRuns: 40, examples: [[total - 16], [total - 8], [total - 1], [total]] },
    );
  });

  it('is undone by wiping, which takes the superblocks first', async () => {
    const extent = formatted();
    const [first = []] = batchesOf(wipeLease(identity.lengthSectors));
    apply(extent, [first]);
    expect(await readSuperblock(readerOf(extent))).toMatchObject({ code: 'no-valid-copy' });
    apply(extent, batchesOf(wipeLease(identity.lengthSectors)));
    const geometry = leaseGeometry(identity.lengthSectors, 8);
    const metadata = (geometry.ok ? geometry.value.dataStartSectors : 0) * 512;
    expect(extent.subarray(0, metadata).every((byte) => byte === 0)).toBe(true);
  });
});

describe('reading a lease', () => {
  const remap = { kind: 'remap', mainBlock: 77n, sequence: 9n, valid: 0xffn } as const;

  function withRemap(): Buffer {
    const extent = formatted();
    const page = freeEntryPage(1, LEASE);
    const entries = page.entries.with(2, remap).with(3, { kind: 'retired' });
    renderEntryPage({ ...page, sequence: 2n, entries }).copy(extent, 8192 + 8192 + 4096);
    return extent;
  }

  it('takes the newer slot of each page', async () => {
    expect(await readLease(readerOf(withRemap()))).toMatchObject({
      value: {
        remaps: [{ leaseBlock: 170, mainBlock: 77n, sequence: 9n, valid: 0xffn }],
        retiredBlocks: [171],
      },
    });
  });

  it('falls back to the older slot when the newer one was torn', async () => {
    const extent = withRemap();
    extent.fill(0, 8192 + 8192 + 4096 + 512, 8192 + 16_384);
    expect(await readLease(readerOf(extent))).toMatchObject({ value: { remaps: [] } });
  });

  it('refuses when a slot cannot be read, since it might have been the newer', async () => {
    const extent = withRemap();
    const bad = 8192 + 8192 + 4096;
    const reader: LeaseReader = (offset, length) =>
      offset <= bad && bad < offset + length
        ? Promise.reject(new Error('EIO'))
        : readerOf(extent)(offset, length);
    expect(await readLease(reader)).toMatchObject({ ok: false, code: 'unreadable' });
  });

  it('refuses when a superblock cannot be read, for the same reason', async () => {
    const extent = withRemap();
    for (const bad of [0, 4096]) {
      const reader: LeaseReader = (offset, length) =>
        offset <= bad && bad < offset + length
          ? Promise.reject(new Error('EIO'))
          : readerOf(extent)(offset, length);
      expect(await readLease(reader)).toMatchObject({ ok: false, code: 'unreadable' });
    }
  });

  it('does not take the older superblock for one of a version that it does not know', async () => {
    const extent = withRemap();
    const later = Buffer.from(extent.subarray(0, 4096));
    later.writeUInt32LE(2, 12);
    later.writeBigUInt64LE(2n, 16);
    later.writeUInt32LE(0, 8);
    later.writeUInt32LE(crc32c(later), 8);
    later.copy(extent, 4096);
    expect(await readSuperblock(readerOf(extent))).toMatchObject({ code: 'bad-version' });
    expect(superblocksIn(extent)).toEqual([]);
  });

  it('passes over a slot whose sequence belongs into the other, as the kernel does', async () => {
    const extent = withRemap();
    const page = freeEntryPage(1, LEASE);
    renderEntryPage({ ...page, sequence: 3n }).copy(extent, 8192 + 8192 + 4096);
    expect(await readLease(readerOf(extent))).toMatchObject({ value: { remaps: [] } });
    extent.copyWithin(4096, 0, 4096);
    expect(await readSuperblock(readerOf(extent))).toMatchObject({ value: { sequence: 1n } });
  });

  it('recognises the remaps of a lease whose superblocks are gone', async () => {
    const extent = withRemap();
    extent.fill(0, 0, 8192);
    expect(await hasEntriesOf(readerOf(extent), identity)).toBe(true);
    const empty = formatted();
    empty.fill(0, 0, 8192);
    expect(await hasEntriesOf(readerOf(empty), identity)).toBe(false);
  });
});
