import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Generation } from '../../libs/contract/index.js';
import { Backoff } from './base/backoff.js';
import { Conditions } from './base/conditions.js';
import { ReportSequence } from './loops/report-sequence.js';
import { EMPTY_MEMORY, MemoryStore } from './memory.js';
import { acceptDesired, forgetGone, markLive, markWiped } from './memory-changes.js';
import { desiredState, lease, leaseId, target, targetId } from './reconcile/world.js';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(`${tmpdir()}/dm-remap-memory-`);
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

const generation = (number: number) => ({ generation: number as Generation });
const quiet = () => undefined;

describe('the memory', () => {
  it('is there again after a restart', async () => {
    const store = await MemoryStore.open(directory, quiet);
    const desired = desiredState([target(1, [1])], generation(7));
    await store.update((memory) => acceptDesired(memory, desired));
    await store.update((memory) => markLive(memory, [leaseId(1)]));
    const again = await MemoryStore.open(directory, quiet);
    expect(again.current).toEqual(store.current);
    expect(again.current.liveLeases).toEqual([leaseId(1)]);
  });

  it('that cannot be read is set aside, not lost', async () => {
    const other = await mkdtemp(`${directory}/broken-`);
    await writeFile(`${other}/applied.json`, '{"version":');
    const store = await MemoryStore.open(other, quiet);
    expect(store.current).toEqual(EMPTY_MEMORY);
    expect(await readdir(other)).toEqual([expect.stringMatching(/^applied\.json\.unreadable-/)]);
  });

  it('does not take a desired state that is older than the last', () => {
    const memory = acceptDesired(EMPTY_MEMORY, desiredState([], generation(7)));
    expect(acceptDesired(memory, desiredState([target(1, [1])], generation(6)))).toBe(memory);
  });

  it('keeps the extent of a lease that is no longer wanted until it is wiped', () => {
    const first = acceptDesired(EMPTY_MEMORY, desiredState([target(1, [1, 2])], generation(1)));
    const second = acceptDesired(
      first,
      desiredState([target(2, [1])], { ...generation(2), wipeLeases: [lease(2)] }),
    );
    expect(second.knownLeases.map((known) => known.leaseId).sort()).toEqual([
      leaseId(1),
      leaseId(2),
    ]);
    const wiped = markWiped(second, leaseId(2));
    expect(wiped.knownLeases.map((known) => known.leaseId)).toEqual([leaseId(1)]);
    expect(wiped.wipedLeases).toEqual([leaseId(2)]);
    const third = acceptDesired(wiped, desiredState([target(2, [1])], generation(3)));
    expect(third.wipedLeases).toEqual([]);
  });

  it('forgets a target only when it is neither wanted nor running', () => {
    const first = acceptDesired(EMPTY_MEMORY, desiredState([target(1, [1])], generation(1)));
    const second = acceptDesired(first, desiredState([], generation(2)));
    expect(forgetGone(second, new Set([targetId(1)]))).toBe(second);
    expect(forgetGone(second, new Set()).knownLeases).toEqual([]);
  });
});

describe('report sequences', () => {
  it('grow across restarts, also when the clock goes back', async () => {
    const own = await mkdtemp(`${directory}/sequence-`);
    const first = new ReportSequence(await MemoryStore.open(own, quiet), () => 1_000_000);
    const [a, b] = [await first.next(), await first.next()];
    expect(b).toBeGreaterThan(a);
    const second = new ReportSequence(await MemoryStore.open(own, quiet), () => 5);
    expect(await second.next()).toBeGreaterThan(b);
  });
});

describe('pauses', () => {
  it('double up to their limit, with jitter over the upper half, and start anew', () => {
    const backoff = new Backoff({ firstMs: 100, maxMs: 350 }, () => 1);
    expect([1, 2, 3, 4].map(() => backoff.nextMs())).toEqual([100, 200, 350, 350]);
    backoff.reset();
    expect(backoff.nextMs()).toBe(100);
    expect(new Backoff({ firstMs: 100, maxMs: 350 }, () => 0).nextMs()).toBe(50);
  });
});

describe('conditions', () => {
  it('keep the time of their last change of status', () => {
    let now = new Date('2026-01-01T00:00:00Z');
    const conditions = new Conditions(() => now);
    const ready = {
      type: 'TargetReady/r0',
      status: 'True',
      reason: 'Running',
      message: '',
    } as const;
    conditions.set(ready);
    now = new Date('2026-01-02T00:00:00Z');
    conditions.set({ ...ready, message: 'still' });
    expect(conditions.list()[0]?.lastTransitionTime).toBe('2026-01-01T00:00:00.000Z');
    conditions.set({ ...ready, status: 'False', reason: 'LeaseMissing' });
    expect(conditions.list()[0]?.lastTransitionTime).toBe('2026-01-02T00:00:00.000Z');
    conditions.replace('TargetReady/', []);
    expect(conditions.list()).toEqual([]);
  });
});
