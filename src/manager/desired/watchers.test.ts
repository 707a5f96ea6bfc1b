import { describe, expect, it } from '@jest/globals';
import type { DesiredState, HostId } from '../../../libs/contract/index.js';
import { Watchers, type Watcher } from './watchers.js';

const a = 'a' as HostId;
const b = 'b' as HostId;
const state = (hostId: HostId, generation: number) => ({ hostId, generation }) as DesiredState;

const ended = async (watcher: Watcher) =>
  new Promise<DesiredState | undefined>((resolve) => {
    watcher.onEnd(resolve);
  });

describe('an agent that waits', () => {
  it('is told of a desired state above the generation it has, and of no other', async () => {
    const watchers = new Watchers();
    const watcher = watchers.add({ hostId: a, after: 3 }, 5000);
    watchers.tell(state(b, 9));
    watchers.tell(state(a, 3));
    expect(watchers.wantedOf(a)).toEqual({ hostId: a, after: 3 });
    watchers.tell(state(a, 4));
    expect(await ended(watcher)).toEqual(state(a, 4));
    expect(watchers.hosts()).toEqual([]);
  });

  it('is told also when it listens only after the state was there', async () => {
    const watchers = new Watchers();
    const watcher = watchers.add({ hostId: a, after: 3 }, 5000);
    watchers.tell(state(a, 4));
    watcher.drop();
    expect(await ended(watcher)).toEqual(state(a, 4));
  });

  it('is told nothing when its time has gone by', async () => {
    const watchers = new Watchers();
    expect(await ended(watchers.add({ hostId: a, after: 3 }, 1))).toBeUndefined();
    expect(watchers.hosts()).toEqual([]);
  });

  it('is forgotten when its connection is gone', async () => {
    const watchers = new Watchers();
    const gone = watchers.add({ hostId: a, after: 1 }, 5000);
    const there = watchers.add({ hostId: a, after: 2 }, 5000);
    expect(watchers.wantedOf(a)).toEqual({ hostId: a, after: 1 });
    gone.drop();
    expect(await ended(gone)).toBeUndefined();
    expect(watchers.wantedOf(a)).toEqual({ hostId: a, after: 2 });
    there.drop();
  });

  it('is sent away when the manager stops, also one that comes after that', async () => {
    const watchers = new Watchers();
    const before = watchers.add({ hostId: a, after: 3 }, 5000);
    watchers.close();
    const later = watchers.add({ hostId: b, after: 3 }, 5000);
    expect(await Promise.all([ended(before), ended(later)])).toEqual([undefined, undefined]);
  });
});
