import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inOrder, Lane, type Order } from './lane.js';

interface Item {
  host: string;
  urgency: number;
  age: number;
}

const order: Order<Item> = {
  compare: (a, b) => a.urgency - b.urgency || b.age - a.age,
  key: ({ host, urgency }) => `${urgency} ${host}`,
};

function laneOf(...items: readonly Item[]): Lane<Item, { item: Item }> {
  const lane = new Lane<Item, { item: Item }>(order);
  for (const item of items) lane.add({ item });
  return lane;
}

/** As `urgency host age`. */
const taken = (lane: Lane<Item, { item: Item }>, most: number) =>
  lane.take(most).map(({ item: { urgency, host, age } }) => `${urgency} ${host} ${age}`);

const served = (all: readonly Item[]) =>
  inOrder(
    all.map((item) => ({ item })),
    order,
  );

const items = fc.record({
  host: fc.constantFrom('a', 'b', 'c'),
  urgency: fc.nat({ max: 2 }),
  age: fc.nat({ max: 9 }),
});

const of = (urgency: number, host: string, age: number): Item => ({ urgency, host, age });

describe('a lane', () => {
  it('gives with the oldest what else there is of its host, if that is as urgent', () => {
    const lane = laneOf(of(1, 'a', 9), of(1, 'b', 8), of(1, 'a', 2), of(2, 'a', 7), of(1, 'b', 1));
    expect(taken(lane, 4)).toEqual(['1 a 9', '1 a 2', '1 b 8', '1 b 1']);
    expect(taken(lane, 4)).toEqual(['2 a 7']);
  });

  it('gives what is more urgent before what is older', () => {
    const lane = laneOf(of(2, 'a', 9), of(1, 'b', 1), of(2, 'b', 8));
    expect(taken(lane, 2)).toEqual(['1 b 1', '2 a 9']);
  });

  it('lets the rest of a host wait for those that are older', () => {
    const lane = laneOf(of(1, 'a', 9), of(1, 'a', 4), of(1, 'a', 3), of(1, 'b', 8));
    expect(taken(lane, 2)).toEqual(['1 a 9', '1 a 4']);
    expect(taken(lane, 1)).toEqual(['1 b 8']);
    lane.add({ item: of(1, 'a', 1) });
    expect(taken(lane, 2)).toEqual(['1 a 3', '1 a 1']);
  });

  it('gives each once, and of those with one key the ones added first', () => {
    const step = fc.oneof(fc.array(items), fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const lane = laneOf();
        const added: Item[] = [];
        const got: Item[] = [];
        for (const what of [...steps, 1e6]) {
          if (typeof what === 'number') {
            const entries = lane.take(what);
            expect(entries.length).toBeLessThanOrEqual(what);
            got.push(...entries.map(({ item }) => item));
          } else {
            for (const item of what) lane.add({ item });
            added.push(...what);
          }
          expect(lane.length).toBe(added.length - got.length);
        }
        expect(new Set(got)).toEqual(new Set(added));
        for (const { host, urgency } of added) {
          const alike = (all: Item[]) =>
            all.filter((i) => i.host === host && i.urgency === urgency);
          expect(alike(got)).toEqual(alike(added));
        }
      }),
    );
  });

  it('gives what was added by its age in the order in which a batch is served', () => {
    fc.assert(
      fc.property(fc.uniqueArray(items, { selector: ({ age }) => age }), (all) => {
        const lane = laneOf(...all.toSorted((a, b) => b.age - a.age));
        const last = all.length === 0 ? [] : lane.take(all.length - 1);
        const rest = lane.take(1);
        expect([...last, ...rest]).toEqual(served(all));
      }),
    );
  });
});

describe('a batch', () => {
  it('serves the urgent first, then with the oldest the others of its host that are as urgent', () => {
    const [a1, b1, a2, b2] = [of(1, 'a', 9), of(1, 'b', 8), of(1, 'a', 7), of(1, 'b', 6)];
    const [soon, urgent] = [of(0.5, 'b', 5), of(0, 'a', 4)];
    const inTurn = [urgent, soon, a1, a2, b1, b2].map((item) => ({ item }));
    expect(served([b2, b1, a2, a1, soon, urgent])).toEqual(inTurn);
  });
});
