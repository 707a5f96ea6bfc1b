import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BlockSectors, Sectors } from '../contract/index.js';
import { policy } from './fixtures.js';
import { leaseLength, type Demand } from './lease-length.js';

const MIB = 2048;

const bounds = fc
  .tuple(fc.integer({ min: 4, max: 4000 }), fc.option(fc.nat(40_000)))
  .map(([least, more]) => {
    const leaseSectors = (least * 8) as Sectors;
    const maxLeaseSectors = more === null ? null : ((leaseSectors + more * 8) as Sectors);
    return { leaseSectors, maxLeaseSectors };
  });

const demand = fc.record({
  policy: bounds.map(policy),
  remapsPerHour: fc.double({ min: 0, max: 1e6, noNaN: true }),
  blockSectors: fc.constantFrom<BlockSectors>(8, 16, 32, 64),
  freeRatio: fc.double({ min: 0, max: 1, noNaN: true }),
}) satisfies fc.Arbitrary<Demand>;

const most = ({ policy: { leaseSectors, maxLeaseSectors } }: Demand) =>
  maxLeaseSectors ?? 16 * leaseSectors;

describe('the length of a lease', () => {
  it('lies between the bounds of the policy, up to the rounding to whole blocks', () => {
    fc.assert(
      fc.property(demand, (asked) => {
        const length = leaseLength(asked);
        expect(length).toBeGreaterThanOrEqual(asked.policy.leaseSectors);
        expect(length).toBeLessThan(most(asked) + asked.blockSectors);
      }),
    );
  });

  it('is a whole number of blocks, and of 1 MiB where it is longer and the bounds allow one', () => {
    fc.assert(
      fc.property(demand, (asked) => {
        const length = leaseLength(asked);
        expect(length % asked.blockSectors).toBe(0);
        const least = Math.ceil(asked.policy.leaseSectors / MIB) * MIB;
        if (length > MIB && least <= most(asked)) expect(length % MIB).toBe(0);
      }),
    );
  });

  it('never falls as the target remaps faster', () => {
    fc.assert(
      fc.property(demand, fc.double({ min: 1, max: 100, noNaN: true }), (asked, factor) => {
        const faster = { ...asked, remapsPerHour: asked.remapsPerHour * factor };
        expect(leaseLength(faster)).toBeGreaterThanOrEqual(leaseLength(asked));
      }),
    );
  });

  it('never grows as the pool has less', () => {
    fc.assert(
      fc.property(demand, fc.double({ min: 0, max: 1, noNaN: true }), (asked, factor) => {
        const pressed = { ...asked, freeRatio: asked.freeRatio * factor };
        expect(leaseLength(pressed)).toBeLessThanOrEqual(leaseLength(asked));
      }),
    );
  });

  it('is the least of the policy for a target at rest, and the most for one that is dying', () => {
    const at = (remapsPerHour: number) =>
      leaseLength({ policy: policy(), remapsPerHour, blockSectors: 8, freeRatio: 1 });
    expect([0, 10, 20, 100, 1e6].map(at)).toEqual([16_384, 16_384, 32_768, 262_144, 262_144]);
  });
});
