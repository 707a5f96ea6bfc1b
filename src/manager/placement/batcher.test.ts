import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { Batcher } from './batcher.js';

describe('a batcher', () => {
  it('does the work for each item once, in order, never two batches at a time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat())),
        fc.integer({ min: 1, max: 5 }),
        async (adds, most) => {
          const seen: number[] = [];
          let running = 0;
          const batcher = new Batcher<number>(most, async (items) => {
            expect(++running).toBe(1);
            expect(items.length).toBeLessThanOrEqual(most);
            await setImmediate();
            seen.push(...items);
            running -= 1;
          });
          await Promise.all(adds.map((items) => batcher.add(items)));
          expect(seen).toEqual(adds.flat());
        },
      ),
    );
  });

  it('fails only those who added an item that cannot be handled', async () => {
    const handled: number[] = [];
    const batcher = new Batcher<number>(100, async (items) => {
      await setImmediate();
      if (items.includes(13)) throw new Error('13');
      handled.push(...items);
    });
    const results = await Promise.allSettled([
      batcher.add([1, 2, 3]),
      batcher.add([4, 13, 5]),
      batcher.add([6]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(handled.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('tries nothing again after an error that no smaller batch would escape', async () => {
    let tries = 0;
    const batcher = new Batcher<number>(
      100,
      () => Promise.reject(new Error(`down, try ${++tries}`)),
      () => true,
    );
    await expect(batcher.add([1, 2, 3])).rejects.toThrow('down, try 1');
    expect(tries).toBe(1);
  });
});
