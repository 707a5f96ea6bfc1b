import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Need, Pool } from '../../libs/contract/index.js';
import { overlappingLeases, sql } from '../support/database';
import { diskId, eventually, FakeAgent } from '../support/fake-agent';
import { Manager, newBacking, type Backing } from '../support/manager';
import { Services } from '../support/services';

let services: Services;
let backing: Backing;
let manager: Manager;
let agent: FakeAgent;
let pool: Pool;
let disk = 2;

beforeAll(async () => {
  services = await Services.start();
  backing = await newBacking(services);
  manager = await Manager.startReady(backing);
  agent = await FakeAgent.enrol(manager.api, 'steady', 40);
  pool = await manager.api.createPool('steady');
  for (const n of [1, 2]) await manager.api.createSpare(pool.id, agent.hostId, diskId(n));
});
afterAll(async () => {
  await manager.kill('SIGTERM');
  await services.remove();
});

const newTarget = () =>
  manager.api.createTarget({
    ...{ hostId: agent.hostId, poolId: pool.id, name: `t${++disk}` },
    mainDeviceId: diskId(disk),
  });

const active = async (targetId: string) => {
  await agent.turn();
  return (await manager.api.leases(targetId))[0]?.state === 'active';
};

/** Starts another manager; the agent keeps its credential. */
async function replaceManager(): Promise<void> {
  manager = await Manager.startReady(backing);
  agent.api = agent.api.at(manager.url);
}

describe('without Redis', () => {
  it('needs are placed and agents get their desired state, and it says it is not ready', async () => {
    await services.killRedis();
    await manager.answers('/health/ready', 503);
    const target = await newTarget();
    await eventually(() => active(target.id));
    expect(manager.isAlive).toBe(true);
  });

  it('a manager can start', async () => {
    const second = await Manager.startReady(backing);
    await second.kill('SIGTERM');
  });

  it('nothing is lost: when it is back the queue carries on', async () => {
    await services.up();
    await manager.answers('/health/ready', 200);
    const target = await newTarget();
    await eventually(() => active(target.id));
  });
});

describe('without PostgreSQL', () => {
  it('requests get 503 problem details, and the process outlives it and recovers', async () => {
    await services.killPostgres();
    const problem = await eventually(async () => {
      const answer = await manager.api.request('GET', '/v1/hosts').catch(() => undefined);
      return answer?.status === 503 && answer.body;
    });
    expect(problem).toMatchObject({ status: 503, code: 'database-unavailable' });
    expect((await manager.api.request('GET', '/health/live')).status).toBe(200);
    await expect(agent.report()).rejects.toThrow('database-unavailable');
    await services.up();
    await manager.answers('/health/ready', 200);
    const target = await newTarget();
    await eventually(() => active(target.id));
  });

  it('a manager starts all the same, and works when PostgreSQL comes', async () => {
    await services.killPostgres();
    const second = await Manager.start(backing);
    expect((await second.api.problem('GET', '/v1/hosts')).status).toBe(503);
    await services.up();
    await second.answers('/v1/hosts', 200);
    await second.kill('SIGTERM');
  });

  it('nothing is believed from memory when it comes back, since another server may have taken over', async () => {
    const target = await newTarget();
    await eventually(() => active(target.id));
    const ask = (key: string) =>
      manager.api.call<Need>(
        'POST',
        `/v1/targets/${target.id}/leases`,
        {},
        { 'idempotency-key': key },
      );
    const settled = async ({ id }: Need) =>
      eventually(async () => {
        const need = (await manager.api.needs(target.id)).find((one) => one.id === id);
        return need?.state !== 'open' && need;
      });
    expect((await settled(await ask('remembered'))).state).toBe('placed');
    // As a server that lost the last commits and has others in their place: the same number, other facts.
    const behind = (cordoned: boolean) =>
      sql(
        backing.databaseUrl,
        `BEGIN; SET LOCAL session_replication_role = replica;
         UPDATE spare SET cordoned = ${cordoned}; COMMIT`,
      );
    await behind(true);
    await services.killPostgres();
    await services.up();
    await manager.answers('/health/ready', 200);
    const need = await settled(await ask('forgotten'));
    expect(need).toMatchObject({ state: 'unmet', message: expect.stringContaining('cordoned') });
    await sql(backing.databaseUrl, 'UPDATE spare SET cordoned = false');
    await agent.settle();
  });
});

describe('a manager that is killed', () => {
  it('at any moment after it took a target leaves all that its successor needs', async () => {
    for (const delay of [0, 0, 1, 3, 10, 30]) {
      const target = await newTarget();
      await sleep(delay);
      await manager.kill('SIGKILL');
      await replaceManager();
      await eventually(() => active(target.id));
      expect(await manager.api.needs(target.id)).toHaveLength(1);
      expect(await manager.api.leases(target.id)).toHaveLength(1);
    }
  });

  it('together with Redis and PostgreSQL, while remaps go on, ends with the books as the kernel is', async () => {
    const target = await newTarget();
    await eventually(() => active(target.id));
    const free = (await manager.api.target(target.id)).freeBlocks;
    agent.remap(target.id, free - 10);
    const reporting = agent.report().catch(() => undefined);
    await Promise.all([services.killPostgres(), services.killRedis(), manager.kill('SIGKILL')]);
    await reporting;
    agent.remap(target.id, 7);
    await services.up();
    await replaceManager();
    await agent.report();
    await eventually(async () => {
      await agent.turn();
      const leases = await manager.api.leases(target.id);
      return leases.length === 2 && leases.every(({ state }) => state === 'active');
    });
    const kernel = agent.targets.get(target.id);
    const books = await manager.api.leases(target.id);
    for (const lease of kernel?.leases ?? [])
      expect(books.find(({ id }) => id === lease.leaseId)).toMatchObject({
        usedBlocks: lease.usedBlocks,
        totalBlocks: lease.totalBlocks,
      });
    const lowWater = (await manager.api.needs(target.id)).filter((n) => n.cause === 'low-water');
    expect(lowWater).toMatchObject([{ state: 'fulfilled' }]);
    expect(await overlappingLeases(backing.databaseUrl)).toEqual([]);
  });

  it('with SIGTERM goes in time, also while agents wait', async () => {
    const waiting = agent.api.desired(agent.generation, 50).catch(() => undefined);
    await sleep(200);
    const start = Date.now();
    expect(await manager.kill('SIGTERM')).toBe(true);
    expect(Date.now() - start).toBeLessThan(8000);
    await waiting;
    await replaceManager();
  });
});
