import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { HostId, Sectors, TargetId } from '../contract/index.js';
import { freeExtents, lendableSectors } from './extents.js';
import { host, lending, NOW, planOn, request, spare, target, targetId, uuid } from './fixtures.js';
import { applyGrant, applyRelease, HOUR_MS, leasedSectors, type Placement } from './grants.js';
import type { HostFacts, Place } from './snapshot.js';

const SIZE = 400_000;
const SPARES = [1, 2, 3].map((n) =>
  spare(n, { ...lending(SIZE), ...(n === 3 && { hostId: uuid(0xbb) as HostId }) }),
);
const TARGETS = [1000, 1001].map((n) => target(n));

interface Booked extends Placement {
  targetId: TargetId;
  released: boolean;
  grantedAt: number;
}

const deviceOf = ({ deviceId }: Place) => deviceId;
const placeOf = ({ deviceId, diskId, hostId, domains }: Place): Place => ({
  ...{ deviceId, diskId, hostId, domains },
});

/** The facts as they are read from the books. */
function reloaded(books: readonly Booked[], nowMs: number): HostFacts {
  const live = books.filter(({ released }) => !released);
  return host({
    spares: SPARES.map((s) => {
      const here = live.filter(({ spareId }) => spareId === s.id);
      const leasedTo = TARGETS.map(({ id }) => ({
        targetId: id,
        sectors: here
          .filter((lease) => lease.targetId === id)
          .reduce((sum, { extent }) => sum + extent.length, 0),
      })).filter(({ sectors }) => sectors > 0);
      const free = freeExtents(
        lendableSectors(SIZE),
        here.map(({ extent }) => extent),
      );
      return { ...s, free, leasedTo };
    }),
    targets: TARGETS.map((t) => ({
      ...t,
      leases: SPARES.filter(({ id }) =>
        live.some(({ spareId, targetId: to }) => spareId === id && to === t.id),
      ).map(placeOf),
      leaseCount: live.filter(({ targetId: to }) => to === t.id).length,
    })),
    grants: books.map(({ grantedAt }) => grantedAt).filter((at) => at > nowMs - HOUR_MS),
  });
}

/** Without what has no order in the books. */
const inOrder = (facts: HostFacts, nowMs: number): HostFacts => ({
  ...facts,
  spares: facts.spares.map((s) => ({
    ...s,
    leasedTo: s.leasedTo.toSorted((a, b) => (a.targetId < b.targetId ? -1 : 1)),
  })),
  targets: facts.targets.map((t) => ({
    ...t,
    leases: t.leases.toSorted((a, b) => (deviceOf(a) < deviceOf(b) ? -1 : 1)),
  })),
  grants: facts.grants.filter((at) => at > nowMs - HOUR_MS),
});

describe('the facts of a host', () => {
  it('are what a reload would give, whatever was granted and released', () => {
    const step = fc.record({
      release: fc.boolean(),
      to: fc.constantFrom(...TARGETS.map(({ id }) => id)),
      units: fc.integer({ min: 1, max: 500 }),
      at: fc.nat(),
      minutes: fc.nat(40),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const facts = structuredClone(host({ spares: SPARES, targets: TARGETS }));
        const books: Booked[] = [];
        let now = NOW;
        for (const { release, to, units, at, minutes } of steps) {
          now += minutes * 60_000;
          const live = books.filter(({ released }) => !released);
          const lease = release ? live[at % live.length] : undefined;
          if (lease) {
            applyRelease(facts, lease.spareId, lease.targetId, lease.extent);
            lease.released = true;
            continue;
          }
          const asked = { targetId: to, lengthSectors: (units * 8) as Sectors };
          const rules = { locality: 'remote-allowed' as const };
          const { placement } = planOn(facts, { asked, rules, seed: String(at) });
          if (!placement) continue;
          applyGrant(facts, request(asked), placement, now);
          books.push({ ...placement, targetId: to, released: false, grantedAt: now });
        }
        expect(inOrder(facts, now)).toEqual(reloaded(books, now));
        for (const s of facts.spares)
          expect(leasedSectors(s)).toBe(s.leasedTo.reduce((sum, { sectors }) => sum + sectors, 0));
      }),
    );
  });

  it('refuse a grant of what they do not have, and stay as they were', () => {
    const facts = host({ spares: [spare(1, lending(20_000))] });
    const before = structuredClone(facts);
    const grant = (n: number, offset: number) => () => {
      const spareId = spare(n).id;
      applyGrant(facts, request(), { spareId, extent: { offset, length: 16_384 } }, NOW);
    };
    expect(grant(7, 2048)).toThrow(`no spare ${uuid(7)}`);
    expect(grant(1, 4096)).toThrow('16384 sectors at 4096 are not free');
    expect(facts).toEqual(before);
  });

  it('take the word of the caller on what a target keeps on a spare', () => {
    const lent = lending(400_000, [{ offset: 2048, length: 8192 }], targetId(1000));
    const s = spare(1, lent);
    const facts = host({ spares: [s], targets: [target(1000, { leases: [placeOf(s)] })] });
    applyRelease(facts, s.id, targetId(1000), { offset: 2048, length: 4096 }, 0);
    expect(facts.spares[0]?.leasedTo).toEqual([]);
    expect(facts.targets[0]?.leases).toEqual([]);
  });
});
