import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Spare, Target } from '../../libs/contract/index.js';
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

/** A host with one spare, from which one target has a lease. */
async function lending(name: string): Promise<{ agent: FakeAgent; spare: Spare; target: Target }> {
  const { api } = manager;
  const agent = await FakeAgent.enrol(api, name, 3);
  const pool = await api.createPool(name);
  const spare = await api.createSpare(pool.id, agent.hostId, agent.diskId(1));
  const target = await api.createTarget({
    ...{ hostId: agent.hostId, poolId: pool.id, name: 'r0' },
    mainDeviceId: agent.diskId(2),
  });
  await eventually(() => agent.turn(5));
  return { agent, spare, target };
}

const ask = (targetId: string, key: string) =>
  manager.api.call('POST', `/v1/targets/${targetId}/leases`, {}, { 'idempotency-key': key });

const lastNeed = async (targetId: string) => (await manager.api.needs(targetId))[0]?.state;

describe('a spare that is drained', () => {
  it('lends nothing new, keeps what is lent, and can be removed only when nothing is', async () => {
    const { api } = manager;
    const { agent, spare, target } = await lending('drained');
    const path = `/v1/spares/${spare.id}`;
    expect(await api.call('PATCH', path, { draining: true })).toMatchObject({
      draining: true,
      cordoned: true,
      leaseCount: 1,
    });
    await ask(target.id, 'while-drained');
    await eventually(async () => (await lastNeed(target.id)) === 'unmet');
    expect(await api.leases(target.id)).toHaveLength(1);
    expect(await api.problem('DELETE', path)).toMatchObject({ status: 409, code: 'spare-in-use' });
    await api.call('DELETE', `/v1/targets/${target.id}`);
    await agent.settle();
    expect((await api.request('DELETE', path)).status).toBe(204);
  });

  it('lends again only after it is neither drained nor cordoned, and what waited for it is met', async () => {
    const { api } = manager;
    const { spare, target } = await lending('undrained');
    const path = `/v1/spares/${spare.id}`;
    await api.call('PATCH', path, { draining: true });
    await ask(target.id, 'waiting');
    await eventually(async () => (await lastNeed(target.id)) === 'unmet');
    expect(await api.problem('PATCH', path, { cordoned: false })).toMatchObject({
      status: 409,
      code: 'illegal-step',
      detail: 'a spare cannot go from draining to lending',
    });
    expect(await api.call('PATCH', path, { draining: false })).toMatchObject({
      draining: false,
      cordoned: true,
    });
    expect(await lastNeed(target.id)).toBe('unmet');
    await api.call('PATCH', path, { cordoned: false });
    await eventually(async () => (await lastNeed(target.id)) === 'placed');
  });

  it('is cordoned too, as the database sees to', async () => {
    await expect(
      sql(backing.databaseUrl, 'UPDATE spare SET draining = true, cordoned = false'),
    ).rejects.toThrow('draining_is_cordoned');
  });
});

describe('a host that is drained', () => {
  it('lends nothing new until it is back in service, and then meets what waited at once', async () => {
    const { api } = manager;
    const { target } = await lending('host-drained');
    expect(await api.call('PATCH', '/v1/hosts/host-drained', { draining: true })).toMatchObject({
      cordoned: true,
      draining: true,
    });
    await ask(target.id, 'waiting');
    await eventually(async () => (await lastNeed(target.id)) === 'unmet');
    await api.call('PATCH', '/v1/hosts/host-drained', { draining: false, cordoned: false });
    await eventually(async () => (await lastNeed(target.id)) === 'placed');
  });

  it('is refused a change that says nothing', async () => {
    const problem = await manager.api.problem('PATCH', '/v1/hosts/host-drained', {});
    expect(problem).toMatchObject({ status: 400, code: 'validation-failed' });
  });
});

describe('a target', () => {
  it('is active once the kernel runs it, and deleted only when nothing of it is left', async () => {
    const { api } = manager;
    const { agent, target } = await lending('walking');
    expect((await api.target(target.id)).state).toBe('active');
    await api.call('DELETE', `/v1/targets/${target.id}`);
    expect((await api.target(target.id)).state).toBe('deleting');
    await agent.settle();
    const [row] = await sql<{ state: string }>(
      backing.databaseUrl,
      'SELECT state FROM target WHERE id = $1',
      [target.id],
    );
    expect(row?.state).toBe('deleted');
  });

  it('without a lease is deleted at once', async () => {
    const { api } = manager;
    const agent = await FakeAgent.enrol(api, 'bare', 1);
    const pool = await api.createPool('bare');
    const target = await api.createTarget({
      ...{ hostId: agent.hostId, poolId: pool.id, name: 'r0' },
      mainDeviceId: agent.diskId(1),
    });
    expect(await api.call('DELETE', `/v1/targets/${target.id}`)).toMatchObject({
      state: 'deleting',
    });
    expect((await api.problem('GET', `/v1/targets/${target.id}`)).code).toBe('target-not-found');
  });
});

describe('a pool', () => {
  it('can be deleted as long as it was never used', async () => {
    const { api } = manager;
    const { id } = await api.createPool('never-used');
    expect((await api.request('DELETE', `/v1/pools/${id}`)).status).toBe(204);
    expect(await api.problem('DELETE', '/v1/pools/bare')).toMatchObject({ code: 'pool-in-use' });
  });
});
