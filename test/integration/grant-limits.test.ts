import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool, PoolPolicy, Sectors, Target } from '../../libs/contract/index.js';
import { sql } from '../support/database';
import { eventually, FakeAgent } from '../support/fake-agent';
import { Manager, newBacking, type Backing } from '../support/manager';

const MOST = 3;

let backing: Backing;
let managers: Manager[];

beforeAll(async () => {
  backing = await newBacking();
  managers = await Promise.all([1, 2].map(() => Manager.startReady(backing)));
});
afterAll(async () => {
  await Promise.all(managers.map((manager) => manager.kill('SIGTERM')));
});

const api = () => {
  const [manager] = managers;
  if (!manager) throw new Error('no manager runs');
  return manager.api;
};

const poolWith = (name: string, policy: Partial<PoolPolicy>): Promise<Pool> =>
  api().createPool(name, { leaseSectors: 512 as Sectors, lowWaterBlocks: 1, ...policy });

async function hostWith(name: string, pool: Pool): Promise<FakeAgent> {
  const agent = await FakeAgent.enrol(api(), name, 6);
  await api().createSpare(pool.id, agent.hostId, agent.diskId(1));
  return agent;
}

const newTarget = (agent: FakeAgent, pool: Pool, disk: number): Promise<Target> =>
  api().createTarget({
    ...{ hostId: agent.hostId, poolId: pool.id, name: `t${disk}` },
    mainDeviceId: agent.diskId(disk),
  });

const settledNeeds = async (targets: readonly Target[]) =>
  eventually(async () => {
    const needs = (await Promise.all(targets.map(({ id }) => api().needs(id)))).flat();
    return needs.every(({ state }) => state !== 'open') && needs;
  }, 30_000);

describe('the grants of a pool within the hour', () => {
  it('stay within its bound when needs of many hosts are placed at once', async () => {
    const pool = await poolWith('bounded', { maxGrantsPerHour: MOST });
    const agents = await Promise.all(
      Array.from({ length: 12 }, (_, n) => hostWith(`bounded-${n}`, pool)),
    );
    const targets = await Promise.all(agents.map((agent) => newTarget(agent, pool, 2)));
    const needs = await settledNeeds(targets);
    expect(needs.filter(({ state }) => state === 'placed')).toHaveLength(MOST);
    expect(needs.filter(({ state }) => state === 'unmet')).toHaveLength(targets.length - MOST);
  });
});

describe('the grants to a host within the hour', () => {
  it('count also when what was granted is given back', async () => {
    const pool = await poolWith('given-back', { maxGrantsPerHostPerHour: MOST });
    const agent = await hostWith('given-back', pool);
    for (let n = 0; n < MOST; n++) {
      const target = await newTarget(agent, pool, 2);
      await eventually(async () => (await api().leases(target.id)).length === 1);
      await agent.settle(0);
      await api().call('DELETE', `/v1/targets/${target.id}`);
      await eventually(async () => {
        await agent.turn();
        return (await api().leases(target.id, true))[0]?.state === 'released';
      });
    }
    const [need] = await settledNeeds([await newTarget(agent, pool, 2)]);
    expect(need?.message).toContain('host-grant-limit');
    const [due] = await sql<{ hours: number }>(
      backing.databaseUrl,
      `SELECT extract(epoch FROM next_attempt_at - min(lease.created_at))::float8 / 3600 AS hours
       FROM need JOIN target ON target.host_id = need.host_id JOIN lease ON lease.target_id = target.id
       WHERE need.id = $1 GROUP BY next_attempt_at`,
      [need?.id],
    );
    // When the first of the grants within the hour no longer is one.
    expect(due?.hours).toBeCloseTo(1, 3);
    await sql(
      backing.databaseUrl,
      `UPDATE lease SET created_at = created_at - interval '1 h' WHERE target_id IN
         (SELECT id FROM target WHERE host_id = $1)`,
      [agent.hostId],
    );
    await newTarget(agent, pool, 3);
    await eventually(async () => (await api().leases()).some((l) => l.hostId === agent.hostId));
  });
});
