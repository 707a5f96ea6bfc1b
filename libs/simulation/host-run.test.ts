import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PoolPolicy, type DomainLevel, type TargetId } from '../contract/index.js';
import { domainKey, levelsUpTo } from '../placement/domains.js';
import type { Extent, Place } from '../placement/index.js';
import { anyFleet, anyPolicy } from './arbitraries.js';
import type { Books } from './books.js';
import { historyOf } from './history.js';
import { HostRun } from './host-run.js';
import { DEFAULT_FLEET } from './options.js';
import type { Target } from './target.js';

const leasesOf = (books: Books) => [...books.targets.values()].flatMap(({ leases }) => leases);

const total = (extents: readonly Extent[]) => extents.reduce((sum, { length }) => sum + length, 0);

/** Leases and gaps of each spare, end to end, are all of it; and each party's books say the same. */
function expectBooksToHold(books: Books): void {
  const leases = leasesOf(books);
  for (const spare of books.host.spares) {
    const mine = leases.filter((lease) => lease.spare === spare);
    const parts = [...mine.map(({ extent }) => extent), ...spare.free];
    parts.sort((a, b) => a.offset - b.offset);
    const touching = parts.filter((part, i) => {
      const next = parts[i + 1];
      return next !== undefined && part.offset + part.length > next.offset;
    });
    expect(touching).toEqual([]);
    expect(total(parts)).toBe(spare.lendableSectors);
    const held = new Map<TargetId, number>();
    for (const { target, extent } of mine)
      held.set(target.fact.id, (held.get(target.fact.id) ?? 0) + extent.length);
    const lent = spare.leasedTo.map(({ targetId, sectors }) => [targetId, sectors] as const);
    expect(new Map(lent)).toEqual(held);
  }
  expect(leases.every(({ spare }) => books.host.spares.includes(spare))).toBe(true);
}

/** Every block that ever failed is in a lease or pending, once, as far as its drive and leases live. */
function expectBlocksToAddUp(target: Target): void {
  const inLeases = target.leases.reduce((sum, { usedBlocks }) => sum + usedBlocks, 0);
  expect(inLeases + target.pendingBlocks).toBe(target.remapped.size);
  expect(target.leases.filter((lease) => lease.usedBlocks > lease.totalBlocks)).toEqual([]);
}

const share = (level: DomainLevel, a: Place, b: Place) => {
  const key = domainKey(level, a);
  return key !== undefined && key === domainKey(level, b);
};

function expectMembersToBeApart({ host, pool, targets }: Books): void {
  const levels = levelsUpTo(pool.policy.domainLevel);
  const shared: string[] = [];
  for (const array of host.arrays) {
    const members = [...targets.values()].filter((target) => target.array === array);
    for (const a of members)
      for (const b of members) {
        if (a === b) continue;
        for (const { spare } of a.leases)
          for (const place of [b.fact.main, ...b.fact.leases])
            for (const level of levels)
              if (share(level, spare, place)) shared.push(`${a.fact.name} ${b.fact.name} ${level}`);
      }
  }
  expect(shared).toEqual([]);
}

describe('a host that runs for years', () => {
  it('keeps its books and the rules of its policy, whatever happens', () => {
    fc.assert(
      fc.property(anyFleet, anyPolicy, (fleet, policy) => {
        const run = new HostRun(historyOf(fleet, 0), policy, fleet.seed);
        const { sums } = run.run(({ books }) => {
          expectBooksToHold(books);
          expectMembersToBeApart(books);
          for (const target of books.targets.values()) expectBlocksToAddUp(target);
        });
        expect(sums.sharedDisks).toBe(0);
        expect(sums.hostHours).toBeCloseTo(fleet.years * 8760, 3);
        expect(sums.needsUnmet).toBeLessThanOrEqual(sums.needs);
        expect(sums.grants + sums.needsLeftUnmet).toBeLessThanOrEqual(sums.needs);
      }),
      { numRuns: 40 },
    );
  });

  it('gives every target a lease to begin with, where there are spares enough', () => {
    const run = new HostRun(historyOf(DEFAULT_FLEET, 0), PoolPolicy.parse({}), 1);
    expect([...run.books.targets.values()].map(({ leases }) => leases.length)).toEqual(
      Array.from({ length: 12 }, () => 1),
    );
  });

  it('leaves needs unmet where an array has more members than there are spares', () => {
    const history = historyOf({ ...DEFAULT_FLEET, sparesPerHost: 4 }, 0);
    const run = new HostRun(history, PoolPolicy.parse({}), 1);
    expect(run.tally.sums.needsUnmet).toBe(2);
    expect([...run.tally.unmetFor]).toEqual([['shares-disk-with-array-member', 2]]);
    expect(run.run().sums.unmetHours).toBeGreaterThan(2 * 8760);
  });

  it('grants later what a limit per hour holds back', () => {
    const policy = PoolPolicy.parse({ maxGrantsPerHostPerHour: 4 });
    const { sums } = new HostRun(historyOf({ ...DEFAULT_FLEET, years: 0.01 }, 0), policy, 1).run();
    expect(sums).toMatchObject({ needs: 12, needsUnmet: 8, grants: 12, needsLeftUnmet: 0 });
    expect(sums.unmetHours).toBeCloseTo(4 * 1 + 4 * 2, 6);
  });
});
