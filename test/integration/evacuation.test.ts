import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Lease, Pool, Spare, Target } from '../../libs/contract/index.js';
import { overlappingLeases } from '../support/database';
import { eventually, FakeAgent } from '../support/fake-agent';
import { Manager, newBacking, type Backing } from '../support/manager';

let backing: Backing;
let manager: Manager;

beforeAll(async () => {
  backing = await newBacking();
  manager = await Manager.startReady(backing);
});
afterAll(async () => {
  await manager.kill('SIGTERM');
});

const USED = 50;

interface Stage {
  agent: FakeAgent;
  pool: Pool;
  spare: Spare;
  target: Target;
}

/** A host whose target has 50 blocks on the only spare. */
async function leaning(name: string): Promise<Stage> {
  const { api } = manager;
  const agent = await FakeAgent.enrol(api, name, 4);
  const pool = await api.createPool(name, { leaseSectors: 8192 as never, lowWaterBlocks: 100 });
  const spare = await api.createSpare(pool.id, agent.hostId, agent.diskId(1));
  const target = await api.createTarget({
    ...{ hostId: agent.hostId, poolId: pool.id, name: 'r0' },
    mainDeviceId: agent.diskId(2),
  });
  await eventually(() => agent.turn(5));
  agent.remap(target.id, USED);
  await agent.report();
  return { agent, pool, spare, target };
}

const addSpare = ({ agent, pool }: Stage) =>
  manager.api.createSpare(pool.id, agent.hostId, agent.diskId(3));

const drain = async ({ spare }: Stage, draining = true) =>
  manager.api.call('PATCH', `/v1/spares/${spare.id}`, { draining });

const spareNow = ({ spare }: Stage) => manager.api.call<Spare>('GET', `/v1/spares/${spare.id}`);

const leaseOn = async ({ spare, target }: Stage): Promise<Lease | undefined> =>
  (await manager.api.leases(target.id, true)).find(({ spareId }) => spareId === spare.id);

const condition = async ({ target }: Stage) =>
  (await manager.api.target(target.id)).conditions.find(({ type }) => type === 'LeasesEvacuated');

const eventsOf = async ({ agent }: Stage, type: string) =>
  (await manager.api.events(type)).filter(({ hostId }) => hostId === agent.hostId);

/** Agent and kernel go on, each report given twice, until it has come to pass. */
async function until<T>(stage: Stage, look: () => Promise<T | undefined | false>): Promise<T> {
  const { agent } = stage;
  return eventually(async () => {
    if (!(await agent.turn())) agent.work();
    await agent.report();
    await agent.report();
    return look();
  }, 30_000);
}

const is = (stage: Stage, state: Lease['state']) =>
  until(stage, async () => (await leaseOn(stage))?.state === state);

/** Another spare takes some of the blocks, and the rest is still to move. */
async function drainHalfway(stage: Stage): Promise<void> {
  await addSpare(stage);
  stage.agent.kernel.pace = 10;
  await drain(stage);
  await until(stage, async () => (await spareNow(stage)).usedBlocks < USED);
}

/** The spare is empty, every block is elsewhere, and nothing is lent twice. */
async function expectDrained(stage: Stage): Promise<void> {
  const { agent, target, spare } = stage;
  await is(stage, 'released');
  expect(agent.targets.get(target.id)?.usedBlocks).toBe(USED);
  expect(agent.targets.get(target.id)?.leases).toHaveLength(1);
  expect(await spareNow(stage)).toMatchObject({ leaseCount: 0, usedBlocks: 0, draining: true });
  expect(await eventsOf(stage, 'spare.drained')).toHaveLength(1);
  expect(await overlappingLeases(backing.databaseUrl)).toEqual([]);
  const { status } = await manager.api.request('DELETE', `/v1/spares/${spare.id}`);
  expect(status).toBe(204);
}

describe('a spare in use that is drained', () => {
  it('gets another lease for its target, is emptied, wiped and can be removed', async () => {
    const stage = await leaning('in-use');
    await addSpare(stage);
    expect(await drain(stage)).toMatchObject({ leaseCount: 1, usedBlocks: USED });
    await expectDrained(stage);
    const [need] = await manager.api.needs(stage.target.id);
    expect(need).toMatchObject({ cause: 'evacuation', state: 'fulfilled' });
    expect(await condition(stage)).toMatchObject({ status: 'True' });
  });

  it('tells how far it has got, and its lease is wiped only after the kernel ran without it', async () => {
    const stage = await leaning('watched');
    await addSpare(stage);
    stage.agent.kernel.pace = 10;
    await drain(stage);
    await is(stage, 'evacuating');
    await until(stage, async () => (await spareNow(stage)).usedBlocks < USED);
    expect(await condition(stage)).toMatchObject({ status: 'False', reason: 'Evacuating' });
    expect(stage.agent.wiped.size).toBe(0);
    await expectDrained(stage);
    const order = ['lease.evacuating', 'lease.evacuated', 'lease.left', 'lease.released'];
    const told = (await manager.api.events()).filter(({ data }) => data.leaseId !== undefined);
    const lease = await leaseOn(stage);
    expect(told.filter(({ data }) => data.leaseId === lease?.id).map(({ type }) => type)).toEqual([
      'lease.granted',
      'lease.active',
      ...order,
    ]);
  });

  it('waits for space, says so, loses nothing, and goes on when there is some', async () => {
    const stage = await leaning('no-space');
    await drain(stage);
    await until(stage, async () => {
      const [need] = await manager.api.needs(stage.target.id);
      return need?.cause === 'evacuation' && need.state === 'unmet';
    });
    expect(await condition(stage)).toMatchObject({ status: 'False', reason: 'WaitsForSpace' });
    expect(await eventsOf(stage, 'target.evacuation-waits')).toHaveLength(1);
    expect(await leaseOn(stage)).toMatchObject({ state: 'active', usedBlocks: USED });
    expect(stage.agent.kernel.isMarked((await leaseOn(stage))?.id as never)).toBe(false);
    await addSpare(stage);
    await expectDrained(stage);
  });

  it('is used again when it is no longer drained, and what has moved stays moved', async () => {
    const stage = await leaning('undrained-midway');
    const { agent, target } = stage;
    await drainHalfway(stage);
    const { tableGeneration } = agent.targets.get(target.id) ?? {};
    await drain(stage, false);
    await is(stage, 'active');
    await until(stage, () =>
      Promise.resolve(
        (agent.targets.get(target.id)?.tableGeneration ?? 0) > (tableGeneration ?? 0),
      ),
    );
    const lease = await leaseOn(stage);
    expect(agent.kernel.isMarked(lease?.id as never)).toBe(false);
    expect(agent.targets.get(target.id)).toMatchObject({
      usedBlocks: USED,
      job: { state: 'cancelled' },
    });
    expect(lease?.usedBlocks).toBeGreaterThan(0);
    expect(lease?.usedBlocks).toBeLessThan(USED);
    expect(await condition(stage)).toMatchObject({ status: 'True' });
  });

  it('goes on after the manager was killed in the middle', async () => {
    const stage = await leaning('killed-midway');
    await drainHalfway(stage);
    await manager.kill('SIGKILL');
    manager = await Manager.startReady(backing);
    stage.agent.api = stage.agent.api.at(manager.url);
    await expectDrained(stage);
  });

  it('comes back into the table when a block came in at the last moment, and is emptied again', async () => {
    const stage = await leaning('refused');
    const { agent, target } = stage;
    await addSpare(stage);
    await drain(stage);
    await eventually(async () => {
      if ((await leaseOn(stage))?.state === 'leaving') return true;
      await agent.turn();
      return false;
    });
    // As a resume of the table that runs does after a crash: the kernel places blocks there again.
    const running = agent.targets.get(target.id);
    if (running) agent.kernel.swap(running, running);
    agent.remap(target.id, 1);
    await until(stage, async () => (await eventsOf(stage, 'lease.returned')).length === 1);
    await is(stage, 'released');
    expect(agent.targets.get(target.id)).toMatchObject({ usedBlocks: USED + 1 });
    expect(await overlappingLeases(backing.databaseUrl)).toEqual([]);
  });
});

describe('while an array of the target is not whole', () => {
  const degraded = (stage: Stage, missing: number) => {
    const { agent, target } = stage;
    agent.arrays = [
      {
        ...{ uuid: `uuid-${target.id}`, kernelName: 'md0', level: 'raid1', state: 'clean' },
        ...{ raidDisks: 2, degraded: missing, syncAction: 'idle' },
        members: [{ kernelName: 'dm-0', role: '0', state: 'in_sync', targetId: target.id }],
      },
    ];
  };

  it('nothing moves, and space is not asked for either; then it goes on', async () => {
    const stage = await leaning('degraded');
    await addSpare(stage);
    degraded(stage, 1);
    await stage.agent.report();
    await drain(stage);
    await until(stage, async () => {
      const [need] = await manager.api.needs(stage.target.id);
      return need?.state === 'unmet' && need.message?.includes('array-not-healthy');
    });
    expect(await condition(stage)).toMatchObject({ reason: 'ArrayNotHealthy' });
    expect(await leaseOn(stage)).toMatchObject({ state: 'active', usedBlocks: USED });
    degraded(stage, 0);
    await expectDrained(stage);
  });

  it('a lease that is being emptied is used again', async () => {
    const stage = await leaning('degraded-midway');
    await drainHalfway(stage);
    degraded(stage, 1);
    await is(stage, 'active');
    await until(stage, async () => {
      const { observed, desiredTableGeneration } = await manager.api.target(stage.target.id);
      return observed?.tableGeneration === desiredTableGeneration;
    });
    expect(stage.agent.kernel.isMarked((await leaseOn(stage))?.id as never)).toBe(false);
    degraded(stage, 0);
    await expectDrained(stage);
  });
});

describe('a host that is drained', () => {
  it('says so when nothing is lent from its spares any more', async () => {
    const stage = await leaning('emptied-host');
    await manager.api.call('PATCH', '/v1/hosts/emptied-host', { draining: true });
    await until(stage, async () => (await condition(stage))?.reason === 'WaitsForSpace');
    await manager.api.call('DELETE', `/v1/targets/${stage.target.id}?force=true`);
    await stage.agent.settle();
    expect(await eventsOf(stage, 'host.drained')).toHaveLength(1);
  });
});
