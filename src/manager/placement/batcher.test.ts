import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { Batcher } from './batcher.js';

const asAdded = { compare: () => 0, key: () => 'all' };
const oneLane = { count: 1, of: () => 0, order: asAdded };

/** What was added before is under way then. */
const nextTurn = async () =>
  new Promise((resolve) => {
    process.nextTick(resolve);
  });

describe('a batcher', () => {
  it('does the work for each item once, a lane in its order, never in two batches at a time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat())),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        async (adds, most, count) => {
          const seen: number[] = [];
          const running = new Set<number>();
          const of = (item: number) => item % count;
          const batcher = new Batcher<number>(
            most,
            { count, of, order: asAdded },
            async (items) => {
              const lanes = new Set(items.map(of));
              for (const lane of lanes) expect(running.has(lane)).toBe(false);
              expect(items.length).toBeLessThanOrEqual(most);
              for (const lane of lanes) running.add(lane);
              await setImmediate();
              seen.push(...items);
              for (const lane of lanes) running.delete(lane);
            },
          );
          await Promise.all(adds.map((items) => batcher.add(items)));
          for (let lane = 0; lane < count; lane++) {
            const ofLane = (items: number[]) => items.filter((item) => of(item) === lane);
            expect(ofLane(seen)).toEqual(ofLane(adds.flat()));
          }
        },
      ),
    );
  });

  it('takes together what fits into one batch, and lets the lanes of more run side by side', async () => {
    const batches: number[][] = [];
    let running = 0;
    let mostAtOnce = 0;
    const lanes = { count: 2, of: (item: number) => item % 2, order: asAdded };
    const batcher = new Batcher<number>(4, lanes, async (items) => {
      batches.push([...items]);
      mostAtOnce = Math.max(mostAtOnce, ++running);
      await setImmediate();
      running -= 1;
    });
    const first = [batcher.add([0]), batcher.add([1])];
    await nextTurn();
    await Promise.all([...first, batcher.add([2]), batcher.add([3, 4, 5])]);
    expect(batches.map((batch) => batch.toSorted())).toEqual([
      [0, 1],
      [2, 3, 4, 5],
    ]);
    await batcher.add([1, 2, 3, 4, 5, 6]);
    expect(batches.slice(2)).toEqual([
      [2, 4, 6],
      [1, 3, 5],
    ]);
    expect(mostAtOnce).toBe(2);
  });

  it('serves what comes first before what was added before it, where not all fit into one batch', async () => {
    const seen: number[] = [];
    const compare = (a: number, b: number) => Math.floor(a) - Math.floor(b);
    const order = { compare, key: String };
    const batcher = new Batcher<number>(2, { ...oneLane, order }, async (items) => {
      await setImmediate();
      seen.push(...items);
    });
    const first = batcher.add([9, 8.1, 8.2, 7]);
    await nextTurn();
    await Promise.all([first, batcher.add([3, 8.3, 1])]);
    expect(seen).toEqual([7, 8.1, 1, 3, 8.2, 8.3, 9]);
  });

  it('fails only those who added an item that cannot be handled', async () => {
    const handled: number[] = [];
    const batcher = new Batcher<number>(100, oneLane, async (items) => {
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
      oneLane,
      () => Promise.reject(new Error(`down, try ${++tries}`)),
      () => true,
    );
    await expect(batcher.add([1, 2, 3])).rejects.toThrow('down, try 1');
    expect(tries).toBe(1);
  });
});
