import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  entriesOf,
  filled,
  logged,
  type LoggedOperation,
  logOf,
  source,
} from './write-log.fixture.js';
import { sectorBytes, writeLogEntries } from './write-log.js';

const diskSectors = 1000;
const read = (log: Buffer) => [...writeLogEntries(source(log), diskSectors)];

const operations: LoggedOperation[] = [
  { kind: 'write', sector: 8, data: filled(1, 8) },
  { kind: 'flush' },
  { kind: 'write', sector: 999, data: filled(2), fua: true },
  { kind: 'discard', sector: 16, sectors: 64 },
];

const anyOperation: fc.Arbitrary<LoggedOperation> = fc.oneof(
  fc.constant({ kind: 'flush' as const }),
  fc.record({
    kind: fc.constant('write' as const),
    sector: fc.nat(diskSectors - 8),
    data: fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 8 })).map(([b, n]) => filled(b, n)),
    fua: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('discard' as const),
    sector: fc.nat(diskSectors - 8),
    sectors: fc.integer({ min: 1, max: 8 }),
  }),
);

describe('the write log', () => {
  it('is read to its end although the superblock counts fewer entries', () => {
    expect(read(logOf(operations, 1))).toEqual(entriesOf(operations));
  });

  it('is empty when QEMU was killed before it wrote anything', () => {
    expect(read(Buffer.alloc(0))).toEqual([]);
    expect(read(Buffer.alloc(sectorBytes))).toEqual([]);
  });

  it('is read although its superblock was never written', () => {
    const log = logOf(operations);
    log.fill(0, 0, sectorBytes);
    expect(read(log)).toEqual(entriesOf(operations));
  });

  it('loses at most its last entry, wherever it is cut off', () => {
    fc.assert(
      fc.property(fc.array(anyOperation, { minLength: 1 }), fc.nat(10_000), (list, missing) => {
        const last = list.at(-1);
        const lastBytes = last ? logged(last).length : 0;
        const log = logOf(list);
        const cut = log.subarray(0, log.length - Math.min(missing, lastBytes));
        const whole = entriesOf(list);
        const expected = missing === 0 ? whole : whole.slice(0, -1);
        expect(read(cut)).toEqual(expected);
      }),
    );
  });

  it('goes on behind an entry whose place was taken but never filled', () => {
    const [first, gap, ...rest] = [operations[0], operations[2], operations[1], operations[3]] as [
      LoggedOperation,
      LoggedOperation,
      ...LoggedOperation[],
    ];
    const hole = Buffer.alloc(logged(gap).length);
    const log = Buffer.concat([logOf([first]), hole, ...rest.map(logged)]);
    const expected = entriesOf([first, gap, ...rest]).filter((_, index) => index !== 1);
    expect(read(log)).toEqual(expected);
  });

  it('ends at zeroes that nothing follows', () => {
    const log = Buffer.concat([logOf(operations), Buffer.alloc(5 * sectorBytes)]);
    expect(read(log)).toEqual(entriesOf(operations));
  });

  it('is refused when it is something else', () => {
    expect(() => read(filled(7, 3))).toThrow('not a write log');
  });

  it('is refused where an entry lies beyond the end of the disk', () => {
    const log = logOf([{ kind: 'write', sector: diskSectors, data: filled(1) }]);
    expect(() => read(log)).toThrow('no entry where one should be, at byte 512');
  });
});
