import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DomainLevel, HostId, PoolPolicy, SpareId } from '../../contract/index.js';
import { anyFacts, shuffled } from '../arbitraries.js';
import {
  array,
  host,
  lending,
  main,
  NOW,
  place,
  POOL,
  pool,
  spare,
  target,
  targetId,
  uuid,
} from '../fixtures.js';
import type { HostFacts } from '../snapshot.js';
import { coverage, hostCoverage, mergeCoverage, type HostBooks, type TargetBooks } from './index.js';

const LEASE = 16_384;
const one = [{ offset: 2048, length: LEASE }];
const roomFor = (leases: number) => 4096 + leases * LEASE;

const books = (n: number, on: number[], freeBlocks = 1000): TargetBooks => ({
  ...{ targetId: targetId(n), poolId: POOL, blockSectors: 8 },
  leases: on.map((s) => ({ spareId: uuid(s) as SpareId, sectors: LEASE, freeBlocks })),
});

/** The target 1000 leases from spare 1, the target 1001 from spare 2; both are members of md0. */
function mirror(over: Partial<HostFacts> = {}): HostBooks {
  return {
    facts: host({
      spares: [
        spare(1, lending(roomFor(8), one, targetId(1000))),
        spare(2, lending(roomFor(8), one, targetId(1001))),
        spare(3, lending(roomFor(8))),
      ],
      targets: [target(1000, { leases: [place(1)] }), target(1001, { leases: [place(2)] })],
      arrays: [array(0, [{ targetId: targetId(1000) }, { targetId: targetId(1001) }])],
      ...over,
    }),
    targets: [books(1000, [1]), books(1001, [2])],
  };
}

const lost = (
  of: HostBooks,
  n: number,
  rules: Partial<PoolPolicy> = {},
  level: DomainLevel = 'disk',
) =>
  hostCoverage(of, [pool({ lowWaterBlocks: 1, ...rules })], level, NOW).find(({ spareIds }) =>
    spareIds.includes(uuid(n) as SpareId),
  );

describe('the loss of a domain', () => {
  it('is covered by spares that may serve the array', () => {
    expect(lost(mirror(), 1)).toMatchObject({
      ...{ poolName: 'general', level: 'disk', hostId: null, suffices: true },
      ...{ lostSectors: LEASE, neededSectors: 2 * LEASE, coveredSectors: 2 * LEASE },
      arrays: [
        {
          ...{ arrayUuid: 'array-0', name: 'md0', targetIds: [targetId(1000)] },
          ...{ remainingSectors: 8 * LEASE, suffices: true, reason: null },
        },
      ],
    });
  });

  it('asks for one lease more only where the target falls below low water', () => {
    const of = mirror();
    of.targets[0]?.leases.push({ spareId: uuid(3) as SpareId, sectors: LEASE, freeBlocks: 500 });
    expect(lost(of, 1, { lowWaterBlocks: 500 })?.neededSectors).toBe(LEASE);
    expect(lost(of, 1, { lowWaterBlocks: 501 })?.neededSectors).toBe(2 * LEASE);
  });

  it('is not covered where the rules that hold for any grant leave no spare', () => {
    const of = mirror();
    of.facts.spares.pop();
    expect(lost(of, 1)).toMatchObject({
      suffices: false,
      arrays: [
        {
          ...{ name: 'md0', coveredSectors: 0, remainingSectors: 0 },
          ...{ reason: 'shares-disk-with-array-member', detail: '1 shares-disk-with-array-member' },
        },
      ],
    });
  });

  it('is not covered where space does not last for all of them', () => {
    const of = mirror();
    of.facts.spares[2] = spare(3, lending(roomFor(1)));
    expect(lost(of, 1)).toMatchObject({
      suffices: false,
      coveredSectors: LEASE,
      arrays: [{ coveredSectors: LEASE, remainingSectors: LEASE }],
    });
  });

  it('is not covered where no spare is left', () => {
    const alone = mirror({ spares: [spare(1, lending(roomFor(8), one))] });
    expect(lost(alone, 1)?.arrays[0]).toMatchObject({ reason: 'no-spare-left' });
  });

  it('asks nothing for a target whose main device is lost with it', () => {
    const domains = { enclosure: 'e1' };
    const of = mirror({
      spares: [
        { ...spare(1, lending(roomFor(8), one, targetId(1000))), domains },
        { ...spare(2, lending(roomFor(8), one, targetId(1001))), domains },
        spare(3, lending(roomFor(8))),
      ],
      targets: [target(1000, { main: main(1000, { domains }) }), target(1001)],
    });
    const [only, ...others] = hostCoverage(of, [pool({ lowWaterBlocks: 1 })], 'enclosure', NOW);
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      ...{ domain: 'e1', spareIds: [uuid(1), uuid(2)], lostSectors: LEASE, suffices: true },
      arrays: [{ targetIds: [targetId(1001)] }],
    });
  });

  it('may use the reserve, and is not held back by storm guards', () => {
    const rules = { reservePercent: 90, maxGrantsPerHour: 1, maxGrantsPerHostPerHour: 1 };
    const of = mirror({ grants: [NOW, NOW] });
    expect(lost(of, 1, rules)?.suffices).toBe(true);
  });

  it('of a remote host matters to the targets that lease from there', () => {
    const hostId = uuid(0xbb) as HostId;
    const of = mirror();
    const [first] = of.facts.spares;
    if (first) of.facts.spares[0] = { ...first, hostId, hostName: 'beta' };
    expect(lost(of, 1, {}, 'host')).toMatchObject({ domain: 'beta', hostId, suffices: true });
    expect(lost(of, 2, {}, 'host')).toBeUndefined();
  });
});

describe('coverage', () => {
  it('joins what hosts say of one rack, what does not suffice first', () => {
    const rack = { rack: 'k1' };
    const hosts = [1, 2].map((n) => {
      const of = mirror();
      const hostId = uuid(0xc0 + n) as HostId;
      for (const each of of.facts.spares.slice(0, n)) each.domains = rack;
      return { ...of, facts: { ...of.facts, hostId } };
    });
    const pools = [pool({ lowWaterBlocks: 1 })];
    const all = coverage(hosts, pools, 'rack', NOW);
    // On the second host both members lose their spare, and the one that is left may serve only one.
    expect(all).toMatchObject([{ domain: 'k1', lostSectors: 3 * LEASE, suffices: false }]);
    expect(all[0]?.arrays).toMatchObject([
      { hostId: uuid(0xc2), suffices: false },
      { hostId: uuid(0xc1), suffices: true },
    ]);
    const parts = hosts.map((of) => hostCoverage(of, pools, 'rack', NOW));
    expect(mergeCoverage(parts.reverse().flat())).toEqual(all);
  });

  it('tells controllers of one name on two hosts apart', () => {
    const hosts = [0xc1, 0xc2].map((n) => {
      const of = mirror();
      const hostId = uuid(n) as HostId;
      for (const each of of.facts.spares)
        Object.assign(each, { hostId, domains: { controller: '0000:01:00.0' } });
      return { ...of, facts: { ...of.facts, hostId } };
    });
    expect(coverage(hosts, [pool()], 'controller', NOW)).toMatchObject([
      { domain: '0000:01:00.0', hostId: uuid(0xc1) },
      { domain: '0000:01:00.0', hostId: uuid(0xc2) },
    ]);
  });

  it('leaves the facts as they are, does not depend on their order, and adds up', () => {
    const held = fc.array(fc.record({ to: fc.nat(5), on: fc.nat(11) }), { maxLength: 12 });
    fc.assert(
      fc.property(anyFacts, held, fc.nat(), (some, leases, shuffle) => {
        const targets = some.targets.map(({ id }, n) => ({
          ...books(1000 + n, []),
          targetId: id,
          leases: leases
            .filter(({ to }) => to === n)
            .flatMap(({ on }) => some.spares[on] ?? [])
            .map(({ id: spareId }) => ({ spareId, sectors: 8192, freeBlocks: 100 })),
        }));
        const of = { facts: host(some), targets };
        const before = structuredClone(of);
        const all = hostCoverage(of, [pool()], 'disk', NOW);
        expect(of).toEqual(before);
        const mixed = { facts: host(shuffled(some, shuffle)), targets: targets.toReversed() };
        expect(hostCoverage(mixed, [pool()], 'disk', NOW)).toEqual(all);
        for (const { neededSectors, coveredSectors, suffices, arrays } of all) {
          expect(coveredSectors).toBeLessThanOrEqual(neededSectors);
          expect(suffices).toBe(coveredSectors === neededSectors);
          for (const each of arrays) expect(each.reason === null).toBe(each.suffices);
        }
      }),
    );
  });
});
