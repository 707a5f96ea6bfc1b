import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Sectors, TargetId } from '../contract/index.js';
import { RESERVED_SECTORS, chooseExtent, lendableSectors } from './extents.js';
import { fleet, HOST, place, policy, request, spare, target, uuid } from './fixtures.js';
import { plan } from './plan.js';
import type { Extent, SpareFact } from './snapshot.js';

const overlaps = (a: Extent, b: Extent) =>
  a.offset < b.offset + b.length && b.offset < a.offset + a.length;

const anySpares = fc
  .uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((n) =>
        fc
          .record({ cordoned: fc.boolean(), leases: fc.nat(30), size: fc.nat(900_000) })
          .map(({ cordoned, leases, size }): SpareFact =>
            spare(n, {
              cordoned,
              sizeSectors: (100_000 + size) as Sectors,
              leased: Array.from({ length: leases }, (_, i) => ({
                offset: RESERVED_SECTORS + i * 40_960,
                length: 16_384,
              })).filter((e) => e.offset + e.length < 98_000 + size),
            }),
          ),
      ),
    ),
  );

describe('a plan', () => {
  it('never overlaps a lease, the reserved ends, or 4 KiB alignment, however often it is carried out', () => {
    fc.assert(
      fc.property(anySpares, fc.integer({ min: 1, max: 12_000 }), (spares, units) => {
        const lengthSectors = (units * 8) as Sectors;
        let current: SpareFact[] = spares;
        for (let round = 0; round < 8; round++) {
          const made = plan(
            request({ lengthSectors }),
            fleet({ spares: current }),
            policy(),
            `seed-${round}`,
          );
          if (!made.placement) return;
          const { spareId, extent } = made.placement;
          const chosen = current.find((s) => s.id === spareId);
          if (!chosen) throw new Error('chose a spare that was not offered');
          expect(chosen.leased.some((lease) => overlaps(lease, extent))).toBe(false);
          expect(extent.offset % 8).toBe(0);
          expect(extent.offset).toBeGreaterThanOrEqual(RESERVED_SECTORS);
          expect(extent.offset + extent.length).toBeLessThanOrEqual(
            chosen.sizeSectors - RESERVED_SECTORS,
          );
          current = current.map((s) =>
            s.id === spareId ? { ...s, leased: [...s.leased, extent] } : s,
          );
        }
      }),
    );
  });

  it('is the same for the same seed in whatever order the spares come', () => {
    fc.assert(
      fc.property(anySpares, fc.string(), (spares, seed) => {
        const forward = plan(request(), fleet({ spares }), policy(), seed);
        const backward = plan(request(), fleet({ spares: [...spares].reverse() }), policy(), seed);
        expect(backward).toEqual(forward);
      }),
    );
  });

  it('does not change when a cordoned spare is added', () => {
    fc.assert(
      fc.property(anySpares, fc.string(), (spares, seed) => {
        const before = plan(request(), fleet({ spares }), policy(), seed);
        const more = [...spares, spare(99, { cordoned: true })];
        expect(plan(request(), fleet({ spares: more }), policy(), seed).placement).toEqual(
          before.placement,
        );
      }),
    );
  });

  it('never lends from a domain that another member of the array leans on', () => {
    const label = fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined });
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 8 }), label, (labels, peer) => {
        const domains = (enclosure: string | undefined) => (enclosure ? { enclosure } : {});
        const spares = labels.map((l, i) => spare(i + 1, { domains: domains(l) }));
        const members = [
          { targetId: uuid(1000) as TargetId },
          { targetId: uuid(1001) as TargetId },
        ];
        const made = plan(
          request(),
          fleet({
            spares,
            targets: [target(1000), target(1001, { main: place(1001, domains(peer)) })],
            arrays: [{ hostId: HOST, name: 'md0', members }],
          }),
          policy({ domainLevel: 'enclosure' }),
          'seed',
        );
        const chosen = spares.find((s) => s.id === made.placement?.spareId);
        if (peer !== undefined) expect(chosen?.domains.enclosure).not.toBe(peer);
        expect(made.outcome).toBe(
          labels.some((l) => l === undefined || l !== peer) ? 'placed' : 'unmet',
        );
      }),
    );
  });

  it('spreads needs evenly over equal spares', () => {
    const spares = [1, 2, 3, 4].map((n) => spare(n));
    const counts = new Map<string, number>();
    for (let i = 0; i < 2000; i++) {
      const id = plan(request(), fleet({ spares }), policy(), uuid(i)).placement?.spareId ?? 'none';
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    expect(counts.size).toBe(4);
    for (const count of counts.values()) {
      expect(count).toBeGreaterThan(400);
      expect(count).toBeLessThan(600);
    }
  });

  it('takes the least utilised of unequal spares whatever the seed', () => {
    const leased = [{ offset: 2048, length: 65_536 }];
    const spares = [spare(1, { leased }), spare(2), spare(3, { leased })];
    for (let i = 0; i < 50; i++) {
      const made = plan(request(), fleet({ spares }), policy(), `s${i}`);
      expect(made.placement?.spareId).toBe(uuid(2));
    }
  });
});

describe('an extent', () => {
  it('starts on 1 MiB where it can and on 4 KiB where it must', () => {
    expect(chooseExtent(1_000_000, [], 8192)).toEqual({ offset: 2048, length: 8192 });
    const leased = [{ offset: 2048, length: 8 }];
    expect(chooseExtent(1_000_000, leased, 8192)?.offset).toBe(4096);
    expect(chooseExtent(2048 * 2 + 8 + 8192, leased, 8192)?.offset).toBe(2056);
  });

  it('fits best: the smallest gap that holds it', () => {
    const leased = [
      { offset: 2048 * 11, length: 2048 },
      { offset: 2048 * 14, length: 2048 },
    ];
    expect(chooseExtent(1_000_000, leased, 4096)?.offset).toBe(2048 * 12);
  });

  it('is never a part of a device that has nothing to lend', () => {
    expect(lendableSectors(4096)).toBe(0);
    expect(chooseExtent(4096, [], 8)).toBeUndefined();
  });
});
