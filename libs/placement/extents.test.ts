import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  chooseExtent,
  freeExtents,
  giveExtent,
  lendableSectors,
  RESERVED_SECTORS,
  takeExtent,
} from './extents.js';
import type { Extent } from './snapshot.js';

const chooseOn = (sizeSectors: number, leased: Extent[], length: number) =>
  chooseExtent(freeExtents(lendableSectors(sizeSectors), leased), length);

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

describe('gaps', () => {
  const lendable = lendableSectors(400_000);

  it('are what is left of the leases, however extents were taken and given back', () => {
    const step = fc.record({
      give: fc.boolean(),
      units: fc.integer({ min: 1, max: 600 }),
      at: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const free = freeExtents(lendable, []);
        const leased: Extent[] = [];
        for (const { give, units, at } of steps) {
          if (give && leased.length > 0) {
            const [extent] = leased.splice(at % leased.length, 1);
            if (extent) giveExtent(free, extent);
          } else {
            const extent = chooseExtent(free, units * 8);
            if (!extent) continue;
            takeExtent(free, extent);
            leased.push(extent);
          }
          expect(free).toEqual(freeExtents(lendable, leased));
        }
      }),
    );
  });

  it('neither give what they do not have nor take what they have', () => {
    const free = freeExtents(lendable, [{ offset: 10_240, length: 8192 }]);
    expect(() => {
      takeExtent(free, { offset: 10_232, length: 16 });
    }).toThrow('16 sectors at 10232 are not free');
    expect(() => {
      giveExtent(free, { offset: RESERVED_SECTORS, length: 8 });
    }).toThrow('8 sectors at 2048 are free already');
    expect(() => {
      giveExtent(free, { offset: 10_240, length: 8200 });
    }).toThrow('are free already');
  });
});
