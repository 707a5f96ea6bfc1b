import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DeviceId, Pool, PoolPolicy, Sectors, Spare } from '../../libs/contract/index.js';
import { eventually, FakeAgent } from '../support/fake-agent';
import { Manager, newBacking } from '../support/manager';

let manager: Manager;

beforeAll(async () => {
  manager = await Manager.startReady(await newBacking());
});
afterAll(async () => {
  await manager.kill('SIGTERM');
});

interface Shelf {
  pool: Pool;
  spare: Spare;
  /** The spare is its own. */
  owner: FakeAgent;
  /** Sees the spare too. */
  other: FakeAgent;
}

/** A spare in a shelf that is cabled to two hosts, from which both may borrow. */
async function shelf(name: string, policy: Partial<PoolPolicy> = {}): Promise<Shelf> {
  const { api } = manager;
  const owner = await FakeAgent.enrol(api, `${name}-owner`, 3);
  const other = await FakeAgent.enrol(api, `${name}-other`, 3);
  const shared = owner.disk(9, {
    id: `serial:${name}` as DeviceId,
    diskId: `serial:${name}` as DeviceId,
  });
  for (const agent of [owner, other]) {
    agent.disks.push(shared);
    await agent.report();
  }
  const pool = await api.createPool(name, { locality: 'remote-allowed', ...policy });
  return { pool, spare: await api.createSpare(pool.id, owner.hostId, shared.id), owner, other };
}

const newTarget = (agent: FakeAgent, { pool }: Shelf, disk: number) =>
  manager.api.createTarget({
    ...{ hostId: agent.hostId, poolId: pool.id, name: `t${disk}` },
    mainDeviceId: agent.diskId(disk),
  });

const isActive = async (agent: FakeAgent, targetId: string) => {
  await agent.turn();
  return (await manager.api.leases(targetId))[0]?.state === 'active';
};

describe('a spare of another host', () => {
  it('lends its space again once the host that borrowed it has wiped the lease', async () => {
    const { api } = manager;
    const one = await shelf('wiped');
    const target = await newTarget(one.other, one, 1);
    await eventually(() => isActive(one.other, target.id));
    await api.call('DELETE', `/v1/targets/${target.id}`);
    await eventually(async () => {
      await one.other.turn();
      return (await api.leases(target.id, true))[0]?.state === 'released';
    });
    expect((await api.problem('GET', `/v1/targets/${target.id}`)).code).toBe('target-not-found');
    const path = `/v1/spares/${one.spare.id}`;
    expect(await api.call('GET', path)).toMatchObject({
      leaseCount: 0,
      leasedSectors: 0 as Sectors,
    });
  });
});
