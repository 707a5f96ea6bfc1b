import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FindingCode, MetadataFinding } from '../contract/index.js';
import { leaseGeometry, renderSuperblock, scanForLeases, slotOf } from '../dm-table/index.js';
import { sealPage } from '../dm-table/page.js';
import { checkLease } from './check-lease.js';
import type { LeaseUnderCheck } from './check-lease.js';
import { checkStrays } from './check-strays.js';
import { checkTargets } from './check-targets.js';
import { dumpLease } from './dump-lease.js';
import { leaseId, LeaseImage, readerOf, remap, SPEC, specs } from './lease-image.js';
import type { ImageSpec } from './lease-image.js';

const PLACE = { device: '/dev/spare', offsetSectors: 2048 };

const check = (image: Buffer, lengthSectors?: number) =>
  checkLease(readerOf(image), PLACE, { sectorsToEnd: image.length / 512, lengthSectors });

const worse = (findings: readonly MetadataFinding[]) =>
  findings.filter(({ severity }) => severity !== 'note');

const codes = (findings: readonly MetadataFinding[]): [string, FindingCode][] =>
  findings.map(({ severity, code }) => [severity, code]);

const unreadable = (image: Buffer, badOffset: number) =>
  checkLease(
    (offset, length) =>
      offset <= badOffset && badOffset < offset + length
        ? Promise.reject(new Error('EIO: i/o error, read'))
        : readerOf(image)(offset, length),
    PLACE,
    { sectorsToEnd: image.length / 512 },
  );

describe('checking a lease', () => {
  it('finds nothing wrong with one that had no accident', async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        const image = new LeaseImage(spec);
        const { lease, findings } = await check(image.bytes, spec.lengthSectors);
        expect(worse(findings)).toEqual([]);
        expect(lease?.superblock).toEqual(image.superblock);
        expect(worse(checkTargets(lease ? [lease] : [], { complete: true }))).toEqual([]);
      }),
    );
  });

  it('finds any flipped byte of the metadata, unless nothing ever reads that byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        specs,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (spec, pick, flip) => {
          const image = new LeaseImage(spec);
          const at = pick % image.metadataBytes;
          const pages = leaseGeometry(spec.lengthSectors, spec.blockSectors);
          const used = pages.ok ? (2 + 2 * pages.value.pages) * 4096 : 0;
          image.bytes.writeUInt8(image.bytes.readUInt8(at) ^ flip, at);
          const { lease, findings } = await check(image.bytes);
          const all = [...findings, ...checkTargets(lease ? [lease] : [], { complete: true })];
          expect(worse(all).length > 0).toBe(at < used);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('finds any flipped byte of the superblock and the entry page that count', async () => {
    await fc.assert(
      fc.asyncProperty(
        specs,
        fc.integer({ min: 0, max: 4095 }),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (spec, offset, flip, superblock) => {
          const image = new LeaseImage(spec);
          const sequence = image.superblock.sequence;
          const start = superblock ? slotOf(sequence) * 4096 : image.currentSlot(0);
          image.bytes.writeUInt8(image.bytes.readUInt8(start + offset) ^ flip, start + offset);
          const { findings } = await check(image.bytes);
          expect(worse(findings)).toContainEqual(
            expect.objectContaining({ offsetBytes: 2048 * 512 + start }),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never throws, whatever lies there', async () => {
    const noise = fc
      .uint8Array({ minLength: 16_384, maxLength: 65_536 })
      .map((bytes) => Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 4096))));
    await fc.assert(
      fc.asyncProperty(noise, async (image) => {
        expect(codes((await check(image)).findings)).toEqual([['error', 'superblock-lost']]);
        const scan = await scanForLeases(readerOf(image), image.length / 512, Infinity);
        checkStrays('/dev/spare', scan);
      }),
    );
  });

  it('never throws, whatever a superblock with a valid checksum says', async () => {
    const u32 = fc.nat(0xffff_ffff);
    const fields = fc.record({
      lengthSectors: fc.oneof(fc.maxSafeNat(), fc.nat(8192)),
      dataStartSectors: fc.oneof(fc.maxSafeNat(), fc.nat(8192)),
      nrBlocks: fc.oneof(fc.maxSafeNat(), u32, fc.nat(1024)),
      mainSectors: fc.oneof(fc.maxSafeNat(), fc.nat(1024)),
      generation: fc.oneof(fc.maxSafeNat(), fc.nat(2)),
      sequence: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    });
    await fc.assert(
      fc.asyncProperty(fields, async (garbage) => {
        const image = new LeaseImage({ ...SPEC, changes: [{ leaseBlock: 3, entry: remap(9, 1) }] });
        image.writeSuperblock({ ...image.superblock, ...(garbage as object) });
        const { lease } = await check(image.bytes);
        checkTargets(lease ? [lease] : [], { complete: true });
        const options = { entries: 'all', first: 0, limit: 10 } as const;
        await dumpLease(image.reader, PLACE, image.bytes.length / 512, options);
      }),
    );
  });

  const damage: [string, (image: LeaseImage) => void, [string, FindingCode][]][] = [
    [
      'both superblocks lost',
      ({ bytes }) => bytes.fill(1, 0, 8192),
      [['error', 'superblock-lost']],
    ],
    [
      'a superblock of a later version',
      (image) => {
        const page = renderSuperblock(image.superblock);
        page.writeUInt32LE(2, 12);
        image.bytes.set(sealPage(page, 'DMREMAP1'), 0);
      },
      [
        ['error', 'superblock-unsupported'],
        ['error', 'state-contradicts'],
      ],
    ],
    [
      'a superblock of another lease in one copy',
      (image) => {
        image.writeSuperblock({ ...image.superblock, leaseId: leaseId('b'), sequence: 2n });
      },
      [['error', 'copies-disagree']],
    ],
    [
      'a lost superblock write',
      (image) => {
        image.writeSuperblock({ ...image.superblock, sequence: 5n });
      },
      [['warning', 'superblock-sequence']],
    ],
    [
      'metadata that failed to write',
      (image) => {
        image.writeSuperblock({ ...image.superblock, metadataFailed: true });
      },
      [['warning', 'metadata-failed']],
    ],
    [
      'a lease that is no member of its target',
      (image) => {
        image.writeSuperblock({ ...image.superblock, members: [leaseId('b')] });
      },
      [['error', 'members-wrong']],
    ],
    [
      'a newer superblock that is lost',
      ({ bytes }) => bytes.fill(0, 0, 4096),
      [
        ['warning', 'superblock-damaged'],
        ['error', 'state-contradicts'],
      ],
    ],
    [
      'an entry page without a valid slot',
      ({ bytes }) => bytes.fill(3, 8192, 16_384),
      [['error', 'page-lost']],
    ],
    [
      'an older slot that was zeroed',
      ({ bytes }) => bytes.fill(0, 8192 + 4096, 8192 + 8192),
      [['warning', 'page-damaged']],
    ],
    [
      'an entry beyond the end of the target',
      (image) => {
        image.commit({ leaseBlock: 9, entry: remap(8192, 3) });
      },
      [['error', 'entry-out-of-range']],
    ],
    [
      'valid sectors that the block does not have',
      (image) => {
        image.commit({ leaseBlock: 9, entry: remap(8191, 3, 0x1ff) });
      },
      [['error', 'entry-valid-mask']],
    ],
    [
      'sectors that were not readable when the block moved',
      (image) => {
        image.commit({ leaseBlock: 9, entry: remap(8191, 3, 0x7f) });
      },
      [['note', 'entry-partly-valid']],
    ],
  ];

  it.each(damage)('finds %s', async (_, doDamage, expected) => {
    const changes = [
      { leaseBlock: 3, entry: remap(5, 1) },
      { leaseBlock: 4, entry: remap(6, 2) },
    ];
    const image = new LeaseImage({ ...SPEC, changes });
    doDamage(image);
    expect(codes((await check(image.bytes)).findings)).toEqual(expected);
  });

  it('finds metadata that cannot be read, and goes on with the rest', async () => {
    const image = new LeaseImage({ ...SPEC, changes: [{ leaseBlock: 3, entry: remap(5, 1) }] });
    for (const [bad, what] of [
      [4096, 'Superblock copy 1'],
      [8192 + 8192 + 4096, 'Slot 1 of entry page 1'],
    ] as const) {
      const { lease, findings } = await unreadable(image.bytes, bad);
      expect(findings).toMatchObject([
        { severity: 'error', code: 'unreadable', offsetBytes: 2048 * 512 + bad },
      ]);
      expect(findings[0]?.message).toContain(what);
      expect(lease?.live).toMatchObject([{ leaseBlock: 3 }]);
    }
  });

  it('finds a lease that its device is too short for, or that a table has wrong', async () => {
    const { bytes } = new LeaseImage(SPEC);
    expect(codes((await check(bytes.subarray(0, 1 << 20))).findings)).toEqual([
      ['error', 'lease-truncated'],
    ]);
    expect(codes((await check(bytes, 2048)).findings)).toEqual([['error', 'length-differs']]);
  });
});

describe('checking the leases of a target together', () => {
  const [a, b] = [leaseId('a'), leaseId('b')];

  async function together(
    specs: readonly Partial<ImageSpec>[],
    complete = false,
  ): Promise<readonly MetadataFinding[]> {
    const leases: LeaseUnderCheck[] = [];
    for (const [index, spec] of specs.entries()) {
      const image = new LeaseImage({ ...SPEC, members: [a, b], ...spec });
      const place = { device: `/dev/spare${index}`, offsetSectors: 0 };
      const room = { sectorsToEnd: SPEC.lengthSectors };
      const { lease } = await checkLease(image.reader, place, room);
      if (lease) leases.push(lease);
    }
    return checkTargets(leases, { complete });
  }

  it('finds nothing wrong with a whole set', async () => {
    expect(await together([{ leaseId: a }, { leaseId: b }], true)).toEqual([]);
  });

  it('names a missing member, an error when all devices are there', async () => {
    expect(codes(await together([{ leaseId: a }]))).toEqual([['warning', 'member-missing']]);
    expect(codes(await together([{ leaseId: a }], true))).toEqual([['error', 'member-missing']]);
  });

  it('tells a member whose superblock was not written from a lease that was left out', async () => {
    const members = [a, b];
    expect(
      codes(
        await together([
          { leaseId: a, generations: [4] },
          { leaseId: b, generations: [3] },
        ]),
      ),
    ).toEqual([['warning', 'member-behind']]);
    expect(
      codes(
        await together([
          { leaseId: a, generations: [4], members: [a] },
          { leaseId: b, generations: [3], members },
        ]),
      ),
    ).toEqual([['warning', 'not-a-member']]);
  });

  it('takes no member lists that differ at one generation', async () => {
    const found = await together([
      { leaseId: a, members: [a, b] },
      { leaseId: b, members: [b, a] },
    ]);
    expect(codes(found)).toEqual([['error', 'members-disagree']]);
  });

  it('finds a copy of a lease', async () => {
    const members = [a];
    const found = await together([{ members }, { members }], true);
    expect(codes(found)).toEqual([['error', 'lease-twice']]);
    expect(found[0]?.message).toContain('/dev/spare0 at sector 0');
  });

  it('finds sets that cannot be of one target', async () => {
    const found = await together([
      { leaseId: a, mainSectors: 65_536 },
      { leaseId: b, mainSectors: 65_544 },
    ]);
    expect(codes(found)).toEqual([['error', 'target-disagrees']]);
  });

  it('says which entry of a block wins, within a lease and across leases', async () => {
    const older = [{ leaseBlock: 200, entry: remap(77, 3) }];
    const newer = [{ leaseBlock: 4, entry: remap(77, 8) }];
    const found = await together([
      { leaseId: a, changes: newer },
      { leaseId: b, changes: older },
    ]);
    expect(codes(found)).toEqual([['note', 'entry-superseded']]);
    expect(found[0]).toMatchObject({ leaseId: b, device: '/dev/spare1' });
    expect(found[0]?.message).toContain(`lease block 4 of ${a}`);
    const within = await together([{ members: [a], changes: [...older, ...newer] }]);
    expect(codes(within)).toEqual([['note', 'entry-superseded']]);
  });

  it('takes no two entries of a block with one sequence', async () => {
    const found = await together([
      { leaseId: a, changes: [{ leaseBlock: 4, entry: remap(77, 8) }] },
      { leaseId: b, changes: [{ leaseBlock: 5, entry: remap(77, 8) }] },
    ]);
    expect(codes(found)).toEqual([['error', 'entry-tie']]);
  });

  it('finds a sequence that was given out twice', async () => {
    const found = await together([
      { leaseId: a, changes: [{ leaseBlock: 4, entry: remap(77, 8) }] },
      { leaseId: b, changes: [{ leaseBlock: 5, entry: remap(78, 8) }] },
    ]);
    expect(codes(found)).toEqual([['warning', 'sequence-repeated']]);
  });
});

describe('what a scan saw outside of leases', () => {
  it('is a lost lease when entry pages are there', async () => {
    const image = new LeaseImage({ ...SPEC, changes: [{ leaseBlock: 3, entry: remap(5, 1) }] });
    image.bytes.fill(1, 0, 4096);
    image.bytes.fill(2, 4096 + 100, 8192);
    const scan = await scanForLeases(image.reader, image.bytes.length / 512, Infinity);
    expect(scan.leases).toEqual([]);
    const findings = checkStrays('/dev/spare', scan);
    expect(findings).toMatchObject([
      { severity: 'error', code: 'lease-lost', offsetBytes: 0, leaseId: SPEC.leaseId },
    ]);
  });

  it('is a damaged superblock when no entry page is', () => {
    const strayHeaders = [{ offsetBytes: 8192, reason: 'the checksum is wrong' }];
    expect(checkStrays('/dev/spare', { strayPages: [], strayHeaders })).toMatchObject([
      { severity: 'error', code: 'superblock-lost', offsetBytes: 8192 },
    ]);
  });
});

describe('dumping a lease', () => {
  const changes = [3, 5, 170, 200].map((leaseBlock) => ({
    leaseBlock,
    entry: leaseBlock === 5 ? ({ kind: 'retired' } as const) : remap(leaseBlock, leaseBlock),
  }));
  const { reader } = new LeaseImage({ ...SPEC, changes });
  const dump = (entries: 'live' | 'retired' | 'free' | 'all' | 'none', first = 0, limit = 2) =>
    dumpLease(reader, PLACE, SPEC.lengthSectors, { entries, first, limit });

  it('shows the entries that are wanted, a page at a time', async () => {
    const page = await dump('live');
    expect(page.entries).toMatchObject([{ leaseBlock: 3 }, { leaseBlock: 170, valid: '0xff' }]);
    expect(page.next).toBe(200);
    const rest = await dump('live', page.next ?? 0);
    expect(rest).toMatchObject({ entries: [{ leaseBlock: 200, mainBlock: '200' }], next: null });
    expect(await dump('retired')).toMatchObject({ entries: [{ leaseBlock: 5 }], next: null });
    expect(await dump('none')).toMatchObject({ entries: [], usedBlocks: 3, retiredBlocks: 1 });
    expect((await dump('free')).next).toBe(2);
    expect((await dump('all', 0, Infinity)).entries).toHaveLength(504);
  });

  it('tells which superblock counts', async () => {
    expect(await dump('none')).toMatchObject({
      copies: [
        { copy: 0, state: 'current', sequence: '3', generation: 1, offsetBytes: 2048 * 512 },
        { copy: 1, state: 'valid', sequence: '2', generation: 0 },
      ],
      superblock: { leaseId: SPEC.leaseId, members: [SPEC.leaseId], label: '{}' },
    });
  });

  it('says where an entry’s data is', async () => {
    const { superblock, entries } = await dump('live');
    const start = 2048 + (superblock?.dataStartSectors ?? 0);
    expect(entries[0]?.sector).toBe(start + 3 * 8);
  });
});
