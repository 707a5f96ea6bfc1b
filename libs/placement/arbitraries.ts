import fc from 'fast-check';
import type { PoolPolicy } from '../contract/index.js';
import { RESERVED_SECTORS } from './extents.js';
import { array, disk, lending, place, spare, target, targetId } from './fixtures.js';
import { seededRandom } from './seeded.js';
import type { HostFacts, SpareFact } from './snapshot.js';

/** Spares with leases here and there, some cordoned. */
export const anySpares = fc
  .uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((n) =>
        fc
          .record({ cordoned: fc.boolean(), leases: fc.nat(30), size: fc.nat(900_000) })
          .map(({ cordoned, leases, size }): SpareFact =>
            spare(n, {
              cordoned,
              ...lending(
                100_000 + size,
                Array.from({ length: leases }, (_, i) => ({
                  offset: RESERVED_SECTORS + i * 40_960,
                  length: 16_384,
                })).filter((e) => e.offset + e.length < 97_000 + size),
              ),
            }),
          ),
      ),
    ),
  );

const label = fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined });
const domains = fc
  .record({ enclosure: label, power: label })
  .map((known) => Object.fromEntries(Object.entries(known).filter(([, v]) => v !== undefined)));

/** A few targets, arrays of them with plain disks, and leases here and there. */
export const anyFacts = fc
  .record({
    spares: anySpares,
    where: fc.array(domains, { minLength: 12, maxLength: 12 }),
    lent: fc.array(fc.record({ to: fc.nat(5), on: fc.nat(11), sectors: fc.constant(8) }), {
      maxLength: 10,
    }),
    inArray: fc.array(fc.array(fc.nat(7), { maxLength: 5 }), { maxLength: 3 }),
    degraded: fc.array(fc.nat(1), { minLength: 3, maxLength: 3 }),
  })
  .map(({ spares, where, lent, inArray, degraded }) => {
    const placed = spares.map((s, i) => ({
      ...s,
      domains: where[i] ?? {},
      model: i % 3 === 0 ? 'm' : null,
      leasedTo: lent
        .filter(({ on }) => on === i)
        .map(({ to, sectors }) => ({ targetId: targetId(1000 + to), sectors })),
    }));
    const targets = [0, 1, 2, 3, 4, 5].map((n) =>
      target(1000 + n, {
        leases: lent.filter(({ to }) => to === n).flatMap(({ on }) => placed[on] ?? []),
        leaseCount: lent.filter(({ to }) => to === n).length,
        arrayPeers: n === 5 ? [disk(1000)] : [],
      }),
    );
    const arrays = inArray.map((members, i) =>
      array(
        i,
        [...new Set(members)].map((n) =>
          n < 6 ? { targetId: targetId(1000 + n) } : { deviceId: disk(n) },
        ),
        { degraded: degraded[i] ?? 0 },
      ),
    );
    return { spares: placed, targets, arrays, disks: [place(6), place(7)] };
  });

export const anyRules = fc.record({
  name: fc.constantFrom('least-utilised', 'balanced', 'wear-aware', 'spread'),
  domainLevel: fc.constantFrom('disk', 'enclosure', 'power'),
  maxArraysPerSpare: fc.option(fc.integer({ min: 1, max: 3 })),
  reservePercent: fc.constantFrom(0, 20),
} satisfies Partial<Record<keyof PoolPolicy, unknown>>);

type Facts = Pick<HostFacts, 'spares' | 'targets' | 'arrays' | 'disks'>;

/** The same facts in another order; extents stay ascending, as they always are. */
export function shuffled({ spares, targets, arrays, disks }: Facts, seed: number): Facts {
  const random = seededRandom(String(seed));
  const mixed = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => ({ item, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  return {
    spares: mixed(spares).map((s) => ({ ...s, leasedTo: mixed(s.leasedTo) })),
    targets: mixed(targets).map((t) => ({ ...t, leases: mixed(t.leases) })),
    arrays: mixed(arrays).map((a) => ({ ...a, members: mixed(a.members) })),
    disks: mixed(disks),
  };
}
