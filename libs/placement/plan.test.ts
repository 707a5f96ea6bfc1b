import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Sectors } from '../contract/index.js';
import { RESERVED_SECTORS, chooseExtent, freeExtents, lendableSectors } from './extents.js';
import {
  array,
  host,
  lending,
  main,
  NOW,
  planOn,
  pool,
  request,
  spare,
  target,
  targetId,
  uuid,
} from './fixtures.js';
import { applyGrant } from './grants.js';
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

const contains = (gap: Extent, extent: Extent) =>
  gap.offset <= extent.offset && extent.offset + extent.length <= gap.offset + gap.length;

describe('a plan', () => {
  it('never overlaps a lease, the reserved ends, or 4 KiB alignment, however often it is carried out', () => {
    fc.assert(
      fc.property(anySpares, fc.integer({ min: 1, max: 12_000 }), (spares, units) => {
        const lengthSectors = (units * 8) as Sectors;
        const facts = host({ spares });
        const asked = request({ lengthSectors });
        for (let round = 0; round < 8; round++) {
          const before = structuredClone(facts.spares);
          const made = plan(asked, facts, pool(), `seed-${round}`, NOW);
          if (!made.placement) return;
          const { spareId, extent } = made.placement;
          const chosen = before.find((s) => s.id === spareId);
          if (!chosen) throw new Error('chose a spare that was not offered');
          expect(chosen.free.some((gap) => contains(gap, extent))).toBe(true);
          expect(extent.offset % 8).toBe(0);
          expect(extent.offset).toBeGreaterThanOrEqual(RESERVED_SECTORS);
          expect(extent.offset + extent.length).toBeLessThanOrEqual(
            RESERVED_SECTORS + chosen.lendableSectors,
          );
          applyGrant(facts, asked, made.placement, NOW);
          const gaps = facts.spares.find((s) => s.id === spareId)?.free ?? [];
          expect(gaps.some((gap) => overlaps(gap, extent))).toBe(false);
        }
      }),
    );
  });

  it('is the same for the same seed in whatever order the spares come', () => {
    fc.assert(
      fc.property(anySpares, fc.string(), (spares, seed) => {
        const forward = planOn({ spares }, { seed });
        const backward = planOn({ spares: [...spares].reverse() }, { seed });
        expect(backward).toEqual(forward);
      }),
    );
  });

  it('does not change when a cordoned spare is added', () => {
    fc.assert(
      fc.property(anySpares, fc.string(), (spares, seed) => {
        const before = planOn({ spares }, { seed });
        const more = [...spares, spare(99, { cordoned: true })];
        expect(planOn({ spares: more }, { seed }).placement).toEqual(before.placement);
      }),
    );
  });

  it('never lends from a domain that another member of the array leans on', () => {
    const label = fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined });
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 8 }), label, (labels, peer) => {
        const domains = (enclosure: string | undefined) => (enclosure ? { enclosure } : {});
        const spares = labels.map((l, i) => spare(i + 1, { domains: domains(l) }));
        const members = [{ targetId: targetId(1000) }, { targetId: targetId(1001) }];
        const peerMain = main(1001, { domains: domains(peer) });
        const made = planOn(
          {
            spares,
            targets: [target(1000), target(1001, { main: peerMain })],
            arrays: [array(0, members)],
          },
          { rules: { domainLevel: 'enclosure' } },
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
      const id = planOn({ spares }, { seed: uuid(i) }).placement?.spareId ?? 'none';
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    expect(counts.size).toBe(4);
    for (const count of counts.values()) {
      expect(count).toBeGreaterThan(400);
      expect(count).toBeLessThan(600);
    }
  });

  it('takes the least utilised of unequal spares whatever the seed', () => {
    const used = lending(1_048_576, [{ offset: 2048, length: 65_536 }]);
    const spares = [spare(1, used), spare(2), spare(3, used)];
    for (let i = 0; i < 50; i++) {
      const made = planOn({ spares }, { seed: `s${i}` });
      expect(made.placement?.spareId).toBe(uuid(2));
    }
  });
});

const chooseOn = (sizeSectors: number, leased: Extent[], length: number) =>
  chooseExtent(freeExtents(sizeSectors, leased), length);

describe('an extent', () => {
  it('starts on 1 MiB where it can and on 4 KiB where it must', () => {
    expect(chooseOn(1_000_000, [], 8192)).toEqual({ offset: 2048, length: 8192 });
    const leased = [{ offset: 2048, length: 8 }];
    expect(chooseOn(1_000_000, leased, 8192)?.offset).toBe(4096);
    expect(chooseOn(2048 * 2 + 8 + 8192, leased, 8192)?.offset).toBe(2056);
  });

  it('fits best: the smallest gap that holds it', () => {
    const leased = [
      { offset: 2048 * 11, length: 2048 },
      { offset: 2048 * 14, length: 2048 },
    ];
    expect(chooseOn(1_000_000, leased, 4096)?.offset).toBe(2048 * 12);
  });

  it('is never a part of a device that has nothing to lend', () => {
    expect(lendableSectors(4096)).toBe(0);
    expect(chooseOn(4096, [], 8)).toBeUndefined();
  });
});
