import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DeviceId, Pool, PoolPolicy, Sectors, Spare } from '../../libs/contract/index.js';
import { eventually, FakeAgent } from '../support/fake-agent';
import { Manager, newBacking } from '../support/manager';

const LEASE = 512 as Sectors;

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

  it('counts with the owner as soon as another host borrows from it', async () => {
    const { api } = manager;
    const one = await shelf('counted', {
      maxArraysPerSpare: 2,
      leaseSectors: LEASE,
      lowWaterBlocks: 1,
    });
    const { owner, other, pool } = one;
    // A target that holds something else, so that nothing but the planner's memory tells of the spare.
    owner.disks.push(owner.disk(8, { sizeSectors: (4096 + LEASE) as Sectors }));
    await owner.report();
    await api.call('PATCH', `/v1/spares/${one.spare.id}`, { cordoned: true });
    await api.createSpare(pool.id, owner.hostId, owner.diskId(8));
    const asking = await newTarget(owner, one, 1);
    await eventually(() => isActive(owner, asking.id));
    await api.call('PATCH', `/v1/spares/${one.spare.id}`, { cordoned: false });
    // Two gaps, so that what is granted next does not collide with what memory lacks.
    const gone = await newTarget(owner, one, 2);
    await eventually(() => isActive(owner, gone.id));
    const stays = await newTarget(owner, one, 3);
    await eventually(() => isActive(owner, stays.id));
    await api.call('DELETE', `/v1/targets/${gone.id}`);
    await owner.settle();
    await api.call('PATCH', `/v1/pools/${pool.id}`, { policy: { leaseSectors: 8 * LEASE } });
    const borrower = await newTarget(other, one, 1);
    await eventually(async () => (await api.leases(borrower.id)).length === 1);
    const path = `/v1/targets/${asking.id}/leases`;
    await api.call('POST', path, { lengthSectors: LEASE }, { 'idempotency-key': 'third' });
    const need = await eventually(async () =>
      (await api.needs(asking.id)).find(
        ({ cause, state }) => cause !== 'initial' && state !== 'open',
      ),
    );
    expect(need).toMatchObject({
      state: 'unmet',
      message: expect.stringContaining('blast-radius'),
    });
  });
});
