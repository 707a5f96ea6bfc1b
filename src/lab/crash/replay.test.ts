import { describe, expect, it } from '@jest/globals';
import { renderEntryPage, type Entry } from '../../../libs/dm-table/index.js';
import type { LeaseId } from '../../../libs/contract/index.js';
import { type CrashState, Replay, type Start } from './replay.js';
import { crashTarget, freshImages } from './target.js';
import { broken, done, issued, noted, stamped } from './trace.fixture.js';
import { traceEvents } from './trace.js';

let next = 0;
const target = crashTarget(8, () => {
  next += 1;
  return `00000000-0000-4000-8000-${String(next).padStart(12, '0')}`;
});
const start: Start = {
  ...{ generation: 1, members: [0], images: freshImages(target) },
  content: new Int32Array(target.sectors),
  bad: new Uint8Array(target.diskSectors[0] ?? 0),
};

function replayed(...records: Buffer[]) {
  const states: CrashState[] = [];
  const replay = new Replay(target, start, {
    ...{ seed: 1, drawn: 20, faultsWanted: 100 },
    keep: (state) => states.push(state),
  });
  const result = replay.run(traceEvents(Buffer.concat(records)));
  return { ...result, kept: states, what: result.faults.map(({ what }) => what) };
}

/** A write of version 7 to block 2 is passed on to the main device and completes. */
const writeBlock = (fua: boolean) => {
  const where = { sector: 16, sectors: 8, fua };
  return [
    issued(0, 1, 'write', { ...where, data: stamped(16, 8, 7, 16) }),
    issued(1, 2, 'write', { ...where, data: stamped(16, 8, 7) }),
    done(1, 2),
    done(0, 1),
  ];
};

const lease = target.leases[0] as (typeof target.leases)[number];
const dataStart = lease.offset + 48; // two entry pages

/** Block 2 is committed to the lease's first block by the second version of its first entry page. */
const commit = (id: number, valid = 0xffn) => {
  const free: Entry = { kind: 'free' };
  const entries = Array.from({ length: 168 }, (_, index): Entry =>
    index === 0 ? { kind: 'remap', mainBlock: 2n, sequence: 1n, valid } : free,
  );
  const page = { page: 0, sequence: 2n, leaseId: lease.id as LeaseId, entries };
  const where = { sector: lease.offset + 24, sectors: 8, fua: true };
  return [issued(2, id, 'write', { ...where, data: renderEntryPage(page) }), done(2, id)];
};

/** So that a target comes up which never wrote a superblock. */
const flush = (upper: number, ...lower: [device: number, id: number][]) => [
  issued(0, upper, 'flush'),
  ...lower.map(([device, id]) => issued(device, id, 'flush')),
  ...lower.map(([device, id]) => done(device, id)),
  done(0, upper),
];

describe('a load is looked at', () => {
  it('and is right when all flushes are passed on', () => {
    const { faults, kept } = replayed(...writeBlock(false), ...flush(3, [1, 4], [2, 5]));
    expect(faults).toEqual([]);
    expect(kept.at(-1)?.content.slice(15, 18)).toEqual(Int32Array.of(0, 7, 7));
    expect(kept.some(({ content }) => content[16] === 0)).toBe(true);
  });

  it('and is wrong when a flush is not', () => {
    const { what } = replayed(...writeBlock(false), ...flush(3, [2, 4]));
    expect(what[0]).toBe(
      'sector 16 holds zeroes where it should hold version 7 (and 7 sectors more)',
    );
  });

  it('and is wrong when an entry is durable before the data', () => {
    const data = stamped(16, 8, 7);
    const where = { sector: 16, sectors: 8, fua: true };
    const records = [
      issued(0, 1, 'write', { ...where, data: stamped(16, 8, 7, 16) }),
      issued(2, 2, 'write', { sector: dataStart, sectors: 8, data }),
      ...[done(2, 2), ...commit(3), done(0, 1)],
    ];
    expect(replayed(...records).faults.length).toBeGreaterThan(0);
    const forced = [...records];
    forced[1] = issued(2, 2, 'write', { sector: dataStart, sectors: 8, fua: true, data });
    expect(replayed(...forced).faults).toEqual([]);
  });

  it('and a sector may be an error only once its last copy went bad', () => {
    const lost = [
      ...writeBlock(true),
      issued(2, 5, 'write', { sector: dataStart, sectors: 8, fua: true, data: stamped(16, 8, 7) }),
      done(2, 5),
      ...commit(6, 0xfen),
    ];
    expect(replayed(...lost).what[0]).toBe(
      'sector 16 holds an error where it should hold version 7',
    );
    const records = [...lost.slice(0, 4), broken(1, 16, 1, 1), ...lost.slice(4)];
    expect(replayed(...records).faults).toEqual([]);
  });

  it('and is wrong when the generation that ran does not come up', () => {
    expect(replayed(noted('live 2')).what[0]).toBe('generation 1 comes up where 2 was live');
  });

  it('repeats with the same seed', () => {
    const records = [...writeBlock(false), ...flush(3, [2, 4])];
    expect(replayed(...records).faults).toEqual(replayed(...records).faults);
  });
});
