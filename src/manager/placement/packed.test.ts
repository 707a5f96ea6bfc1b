import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { packed } from './packed.js';

const text = fc.constantFrom('a', 'b', '{}', '{"slot":1}');
const domains = fc.constantFrom({}, { slot: 1 }, { rack: 'a' }, { rack: 'b', slot: 1 });
const place = fc.record({ id: text, domains, n: fc.integer(), none: fc.constant(null) });
const facts = fc.record({
  hostId: text,
  disks: fc.array(place),
  main: place,
  times: fc.array(fc.nat()),
});

describe('packed facts', () => {
  it('say what the facts said', () => {
    fc.assert(
      fc.property(facts, (it) => {
        const before = structuredClone(it);
        expect(packed(it)).toEqual(before);
      }),
    );
  });

  it('share nothing that changes', () => {
    const { lists } = packed({ lists: [{ free: [] as number[] }, { free: [] as number[] }] });
    lists[0]?.free.push(1);
    expect(lists[1]?.free).toEqual([]);
  });

  it('have equal failure domains once', () => {
    const [a, b] = packed([{ domains: { slot: 1 } }, { domains: { slot: 1 } }]);
    expect(a.domains).toBe(b.domains);
  });
});
