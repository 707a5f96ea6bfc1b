import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { statuses, tables } from './arbitraries.js';
import { parsePendingList, parseRemapList, readAllPages } from './listing.js';
import { parseStatus, renderStatus } from './status-line.js';
import { parseTable, renderTable } from './table-line.js';

const TARGET = '4e1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0';
const LEASE = '7a1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0';

describe('a table line', () => {
  it('survives parse and render verbatim', () => {
    const lines = [
      `0 2097152 remap 8:16 0 8 ${TARGET} 1 1 8:32 2048 131072`,
      `0 2097152 remap 8:16 0 8 ${TARGET} 7 2 8:32 2048 131072 8:48 0 16384 0`,
      `0 2097152 remap 8:16 64 16 ${TARGET} 7 0 2 read_retries 3`,
    ];
    for (const line of lines) {
      const parsed = parseTable(line);
      expect(parsed.ok && renderTable(parsed.value)).toBe(line);
    }
  });

  it('survives render and parse whatever it holds', () => {
    fc.assert(
      fc.property(tables, (table) => {
        expect(parseTable(renderTable(table))).toEqual({ ok: true, value: table });
      }),
    );
  });

  it.each([
    ['another target type', '0 8 linear 8:16 0'],
    ['a missing lease', `0 8 remap 8:16 0 8 ${TARGET} 1 2 8:32 2048 131072`],
    ['a block of 3 KiB', `0 8 remap 8:16 0 6 ${TARGET} 1 0`],
    ['words left over', `0 8 remap 8:16 0 8 ${TARGET} 1 0 0 more`],
    ['more leases than a target may have', `0 8 remap 8:16 0 8 ${TARGET} 1 129 0`],
    ['nothing', ''],
  ])('is refused with %s', (_, line) => {
    expect(parseTable(line)).toMatchObject({ ok: false, code: 'bad-syntax' });
  });

  it('says which word it cannot take', () => {
    expect(parseTable('0 8 remap 8:16 0 8 me 1 0')).toMatchObject({
      message: 'target UUID cannot be "me"',
    });
  });
});

describe('a status line', () => {
  it('gives the counters of the target and of each lease', () => {
    const line = `rw 4 8 3/4000 2 5 6 3 1 0 1 ${LEASE} 8:32 2048 3/4000 1 2 ok evacuate:running:7/9:1 scrub:paused:3/8:2`;
    expect(parseStatus(line)).toMatchObject({
      ok: true,
      value: {
        mode: 'rw',
        generation: 4,
        usedBlocks: 3,
        totalBlocks: 4000,
        pendingBlocks: 2,
        readErrors: 5,
        writeErrors: 6,
        remaps: 3,
        remapFailures: 1,
        metadataErrors: 0,
        leases: [{ leaseId: LEASE, device: '8:32', retiredBlocks: 1, errors: 2, state: 'ok' }],
        job: { kind: 'evacuate', state: 'running', doneBlocks: 7, totalBlocks: 9, failedBlocks: 1 },
        scrub: { state: 'paused', doneSegments: 3, totalSegments: 8, foundBlocks: 2 },
      },
    });
  });

  it('survives render and parse whatever it holds', () => {
    fc.assert(
      fc.property(statuses, (status) => {
        expect(parseStatus(renderStatus(status))).toEqual({ ok: true, value: status });
      }),
    );
  });

  it('is refused, not guessed, when it is anything else', () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        expect(parseStatus(line).ok).toBe(false);
      }),
    );
  });
});

describe('a listing', () => {
  it('of remaps gives block, lease, place and valid sectors', () => {
    expect(parseRemapList('17 0 4 ff\n90 1 0 7f\nnext 91\n')).toEqual({
      ok: true,
      value: {
        items: [
          { mainBlock: 17, leaseIndex: 0, leaseBlock: 4, valid: 0xffn },
          { mainBlock: 90, leaseIndex: 1, leaseBlock: 0, valid: 0x7fn },
        ],
        next: 91,
      },
    });
  });

  it('of nothing is empty', () => {
    expect(parsePendingList('')).toEqual({ ok: true, value: { items: [], next: null } });
  });

  it('is refused with a mask that is none', () => {
    expect(parseRemapList('17 0 4 zz\n')).toMatchObject({ ok: false, code: 'bad-syntax' });
  });

  it('is read page by page to its end', async () => {
    const pages = new Map([
      [0, '1\n5\nnext 6\n'],
      [6, '9\nnext 10\n'],
      [10, '12\n'],
    ]);
    const read = await readAllPages(
      (first) => Promise.resolve(pages.get(first) ?? ''),
      parsePendingList,
    );
    expect(read).toEqual({ ok: true, value: [1, 5, 9, 12] });
  });

  it('that leads back to itself is refused rather than read for ever', async () => {
    const read = await readAllPages(() => Promise.resolve('1\nnext 0\n'), parsePendingList);
    expect(read).toMatchObject({ ok: false, code: 'bad-syntax' });
  });
});
