import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyFleet } from './arbitraries.js';
import { historyOf, type HostEvent } from './history.js';
import { DEFAULT_FLEET } from './options.js';

const at = (host: number, over = {}) => historyOf({ ...DEFAULT_FLEET, ...over }, host);

describe('the history of a host', () => {
  it('is the same whenever it is asked for, and another with another seed', () => {
    expect(at(5)).toEqual(at(5));
    expect(at(5, { seed: 2 })).not.toEqual(at(5));
  });

  it('does not depend on how many hosts there are, nor its beginning on how long it runs', () => {
    expect(at(5, { hosts: 7 })).toEqual(at(5));
    const shorter = at(5, { years: 1 });
    const beginning = at(5).events.filter(({ atHours }) => atHours < shorter.endHours);
    const gist = ({ atHours, kind }: HostEvent) => ({ atHours, kind });
    expect(shorter.events.map(gist)).toEqual(beginning.map(gist));
  });

  it('shares the loss of a rack with its neighbours and not with other racks', () => {
    const losses = (host: number) =>
      at(host)
        .events.filter(({ kind }) => kind === 'host-lost')
        .map(({ atHours }) => atHours);
    const shared = (a: number, b: number) => losses(a).filter((hours) => losses(b).includes(hours));
    expect(shared(0, 1).length).toBeGreaterThan(shared(0, 41).length);
    // Hosts 0 and 900 have neither a rack nor a power feed in common.
    expect(shared(0, 900)).toEqual([]);
  });

  it('is in order, and lets nothing happen to a drive that is away or gone', () => {
    fc.assert(
      fc.property(anyFleet, (fleet) => {
        const { layout, events } = historyOf(fleet, 0);
        const gone = new Set<number>();
        const away = new Set<number>();
        let isHostAway = false;
        let before = 0;
        for (const event of events) {
          expect(event.atHours).toBeGreaterThanOrEqual(before);
          before = event.atHours;
          if ('enclosure' in event) {
            if (event.kind === 'enclosure-lost') away.add(event.enclosure);
            else away.delete(event.enclosure);
            continue;
          }
          if (!('bay' in event)) {
            isHostAway = event.kind === 'host-lost';
            continue;
          }
          expect(isHostAway || away.has(layout.bays[event.bay]?.enclosure ?? -1)).toBe(false);
          if (event.kind === 'end') gone.add(event.bay);
          else if (event.kind === 'replacement') gone.delete(event.bay);
          else expect(gone.has(event.bay)).toBe(false);
        }
      }),
      { numRuns: 40 },
    );
  });
});
