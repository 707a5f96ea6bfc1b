import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { Pool, Sectors, Target } from '../../libs/contract/index.js';
import { sql } from '../support/database';
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

/** A pool that keeps its only spare in reserve, so that the needs of the host's targets are unmet. */
async function reserved(name: string): Promise<{ agent: FakeAgent; pool: Pool }> {
  const { api } = manager;
  const agent = await FakeAgent.enrol(api, name, 3);
  agent.disks[0] = agent.disk(1, { sizeSectors: 8192 as Sectors });
  await agent.report();
  const pool = await api.createPool(name, { leaseSectors: 512 as Sectors, reservePercent: 90 });
  await api.createSpare(pool.id, agent.hostId, agent.diskId(1));
  return { agent, pool };
}

const newTarget = ({ agent, pool }: { agent: FakeAgent; pool: Pool }): Promise<Target> =>
  manager.api.createTarget({
    ...{ hostId: agent.hostId, poolId: pool.id, name: 'r0' },
    mainDeviceId: agent.diskId(2),
  });

const stateOf = async ({ id }: Target) => (await manager.api.needs(id))[0]?.state;

const admit = ({ id }: Pool) =>
  manager.api.call('PATCH', `/v1/pools/${id}`, { policy: { reservePercent: 0 } });

describe('a need that cannot be met', () => {
  it('is planned again when the policy changed while it was planned', async () => {
    const one = await reserved('raced');
    const planning = new Client({ connectionString: backing.databaseUrl });
    await planning.connect();
    // Whoever plans has read all facts by the time it writes.
    await planning.query('BEGIN');
    await planning.query('LOCK TABLE decision IN SHARE MODE');
    const target = await newTarget(one);
    await eventually(async () => {
      const [row] = await sql<{ n: number }>(
        backing.databaseUrl,
        `SELECT count(*)::int AS n FROM pg_stat_activity
         WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO decision%'`,
      );
      return (row?.n ?? 0) > 0;
    });
    await admit(one.pool);
    await planning.query('COMMIT');
    await planning.end();
    await eventually(async () => (await stateOf(target)) === 'placed');
  });

  it('is planned again when the job that was to plan it is lost with Redis', async () => {
    const one = await reserved('lost');
    const target = await newTarget(one);
    await eventually(async () => (await stateOf(target)) === 'unmet');
    const redis = new Redis(backing.redisUrl, { maxRetriesPerRequest: null });
    const queue = new Queue('placement', { connection: redis });
    try {
      await queue.pause();
      await admit(one.pool);
      // The request's own job, and the one that the sweeper sends since the facts have changed.
      await eventually(async () => (await queue.getJobCounts('waiting')).waiting === 2);
      await redis.flushdb();
    } finally {
      await queue.close();
      redis.disconnect();
    }
    await eventually(async () => (await stateOf(target)) === 'placed', 30_000);
  });

  it('is met from the reserve once an array of its target can lose no further member', async () => {
    const { agent, pool } = await reserved('pressed');
    const setPolicy = (policy: object) =>
      manager.api.call('PATCH', `/v1/pools/${pool.id}`, { policy });
    await setPolicy({ reservePercent: 0, lowWaterBlocks: 40, maxLeaseSectors: 512 });
    const target = await newTarget({ agent, pool });
    await eventually(async () => (await stateOf(target)) === 'placed');
    await agent.settle();
    await setPolicy({ reservePercent: 90 });
    const free = agent.targets.get(target.id)?.leases[0]?.totalBlocks ?? 0;
    agent.remap(target.id, free - 37);
    await agent.report();
    await eventually(async () => (await stateOf(target)) === 'unmet');
    const [waiting] = await manager.api.needs(target.id);
    expect(waiting).toMatchObject({ cause: 'low-water', priority: 'normal' });
    agent.arrays = [
      {
        ...{ uuid: 'pressed', kernelName: 'md0', level: 'raid5', state: 'active' },
        ...{ raidDisks: 3, degraded: 1, syncAction: 'idle' },
        members: [{ kernelName: 'dm-0', role: 'active', state: 'in_sync', targetId: target.id }],
      },
    ];
    await agent.report();
    await eventually(async () => (await stateOf(target)) === 'placed');
    expect((await manager.api.needs(target.id))[0]).toMatchObject({
      id: waiting?.id,
      priority: 'urgent',
    });
  });
});
