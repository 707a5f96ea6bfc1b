import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../random.js';
import type { Change } from './content.js';
import { Medium } from './medium.js';
import { allSurvives, crashed, noneSurvives, survival, survivalNames } from './survival.js';

function change(order: number, sector = 0, sectors = 1, options: Partial<Change> = {}): Change {
  const versions = new Int32Array(sectors).fill(order);
  return {
    ...{ order, sector, sectors, fua: false, discard: false, versions, homes: versions },
    ...options,
  };
}

const before = () => change(0, 0, 4);
const orders = (medium: Medium, survives = noneSurvives) =>
  crashed([medium], survives)[0]?.map(({ order }) => order);

describe('a disk with a volatile cache', () => {
  it('is sure of what was flushed after it completed', () => {
    const medium = new Medium(before());
    const write = change(1, 1, 2);
    medium.issue(write);
    medium.complete(write);
    medium.issueFlush(1);
    expect(orders(medium)).toEqual([0, 0, 0, 0]);
    medium.completeFlush(1);
    expect(orders(medium)).toEqual([0, 1, 1, 0]);
  });

  it('is not sure of what completed after the flush was issued', () => {
    const medium = new Medium(before());
    const write = change(1);
    medium.issue(write);
    medium.issueFlush(1);
    medium.complete(write);
    medium.completeFlush(1);
    expect(orders(medium)).toEqual([0, 0, 0, 0]);
    expect(orders(medium, allSurvives)).toEqual([1, 0, 0, 0]);
  });

  it('is sure of a forced write, and of nothing before it', () => {
    const medium = new Medium(before());
    const [plain, forced] = [change(1, 0), change(2, 1, 1, { fua: true })];
    for (const write of [plain, forced]) {
      medium.issue(write);
      medium.complete(write);
    }
    expect(orders(medium)).toEqual([0, 2, 0, 0]);
  });

  it('does not bring back what a forced write replaced', () => {
    const medium = new Medium(before());
    const [plain, forced] = [change(1), change(2, 0, 1, { fua: true })];
    for (const write of [plain, forced]) {
      medium.issue(write);
      medium.complete(write);
    }
    medium.issueFlush(1);
    medium.completeFlush(1);
    expect(orders(medium, allSurvives)).toEqual([2, 0, 0, 0]);
  });

  it('may hold a write that failed until another replaces it', () => {
    const medium = new Medium(before());
    medium.issue(change(1));
    medium.issueFlush(1);
    medium.completeFlush(1);
    expect(orders(medium)).toEqual([0, 0, 0, 0]);
    expect(orders(medium, allSurvives)).toEqual([1, 0, 0, 0]);
    const forced = change(2, 0, 1, { fua: true });
    medium.issue(forced);
    medium.complete(forced);
    expect(orders(medium, allSurvives)).toEqual([2, 0, 0, 0]);
  });

  it('may always forget a discard', () => {
    const medium = new Medium(before());
    const discard = change(1, 0, 4, { discard: true });
    medium.issue(discard);
    medium.complete(discard);
    medium.issueFlush(1);
    medium.completeFlush(1);
    expect(orders(medium)).toEqual([0, 0, 0, 0]);
    expect(orders(medium, allSurvives)).toEqual([1, 1, 1, 1]);
  });
});

const anyChange = fc.record({
  sector: fc.nat(3),
  fua: fc.boolean(),
  completes: fc.boolean(),
  flush: fc.boolean(),
});

it('never holds anything older than what it is sure of', () => {
  fc.assert(
    fc.property(
      fc.array(anyChange, { maxLength: 20 }),
      fc.constantFrom(...survivalNames),
      fc.nat(),
      (steps, name, seed) => {
        const medium = new Medium(before());
        steps.forEach(({ sector, fua, completes, flush }, index) => {
          const each = change(index + 1, sector, Math.min(2, 4 - sector), { fua });
          medium.issue(each);
          if (completes) medium.complete(each);
          if (flush) medium.issueFlush(index);
          if (flush) medium.completeFlush(index);
        });
        const drawn = survival(name, seededRandom(seed), { first: 0, last: steps.length + 1 });
        const state = orders(medium, drawn) ?? [];
        const sure = orders(medium) ?? [];
        return state.every((order, at) => order >= (sure[at] ?? 0));
      },
    ),
  );
});
