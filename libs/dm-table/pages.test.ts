import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { entryPages, superblocks } from './arbitraries.js';
import { crc32c } from './crc32c.js';
import { parseEntryPage, renderEntryPage } from './entry-page.js';
import { PAGE_BYTES } from './page.js';
import { currentSuperblock, parseSuperblock, renderSuperblock } from './superblock.js';

const bits = fc.nat(PAGE_BYTES * 8 - 1);

function flip(page: Buffer, bit: number): Buffer {
  const copy = Buffer.from(page);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

describe('crc32c', () => {
  it('gives the values of RFC 3720', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  });
});

describe('a superblock', () => {
  it('survives render and parse whatever it holds', () => {
    fc.assert(
      fc.property(superblocks, (superblock) => {
        expect(parseSuperblock(renderSuperblock(superblock))).toEqual({
          ok: true,
          value: superblock,
        });
      }),
    );
  });

  it('keeps its UUIDs in the order of the text form', () => {
    fc.assert(
      fc.property(superblocks, (superblock) => {
        const page = renderSuperblock(superblock);
        expect(page.toString('hex', 32, 48)).toBe(superblock.targetId.replaceAll('-', ''));
      }),
      { numRuns: 5 },
    );
  });

  it('is refused with any one bit flipped', () => {
    fc.assert(
      fc.property(superblocks, bits, (superblock, bit) => {
        expect(parseSuperblock(flip(renderSuperblock(superblock), bit)).ok).toBe(false);
      }),
    );
  });

  it('comes from the newer copy, and from the other when the newer one was torn', () => {
    fc.assert(
      fc.property(superblocks, fc.integer({ min: 1, max: 7 }), (superblock, tornSectors) => {
        const older = { ...superblock, sequence: 4n };
        const newer = { ...superblock, sequence: 5n, generation: superblock.generation };
        const torn = renderSuperblock(newer);
        Buffer.alloc(PAGE_BYTES, 0xa5).copy(torn, tornSectors * 512);
        const intact = parseSuperblock(renderSuperblock(newer));
        const kept = parseSuperblock(renderSuperblock(older));
        expect(currentSuperblock([kept, intact])).toMatchObject({ value: { sequence: 5n } });
        expect(currentSuperblock([intact, kept])).toMatchObject({ value: { sequence: 5n } });
        expect(currentSuperblock([kept, parseSuperblock(torn)])).toMatchObject({
          value: { sequence: 4n },
        });
      }),
    );
  });

  it('is missing when both copies are invalid, with the reason of each', () => {
    const blank = parseSuperblock(Buffer.alloc(PAGE_BYTES));
    expect(currentSuperblock([blank, blank])).toEqual({
      ok: false,
      code: 'no-valid-copy',
      message:
        'copy 0: the page does not begin with DMREMAP1; copy 1: the page does not begin with DMREMAP1',
    });
  });
});

describe('an entry page', () => {
  it('survives render and parse whatever it holds', () => {
    fc.assert(
      fc.property(entryPages, (page) => {
        expect(parseEntryPage(renderEntryPage(page), page)).toEqual({ ok: true, value: page });
      }),
    );
  });

  it('is refused with any one bit flipped', () => {
    fc.assert(
      fc.property(entryPages, bits, (page, bit) => {
        expect(parseEntryPage(flip(renderEntryPage(page), bit), page).ok).toBe(false);
      }),
    );
  });

  it('does not count when it is left over from an earlier lease or lies elsewhere', () => {
    fc.assert(
      fc.property(entryPages, fc.uuid(), (page, other) => {
        fc.pre(other !== page.leaseId);
        const bytes = renderEntryPage(page);
        expect(
          parseEntryPage(bytes, { ...page, leaseId: other as typeof page.leaseId }),
        ).toMatchObject({ code: 'wrong-lease' });
        expect(parseEntryPage(bytes, { ...page, page: page.page + 1 })).toMatchObject({
          code: 'wrong-page',
        });
      }),
      { numRuns: 20 },
    );
  });
});
