import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FleetStatus, PlacementDecision, Target } from '../../libs/contract/index.js';
import { eventually, FakeAgent } from '../support/fake-agent';
import { Manager, newBacking } from '../support/manager';

let manager: Manager;

beforeAll(async () => {
  manager = await Manager.startReady(await newBacking());
});
afterAll(async () => {
  await manager.kill('SIGTERM');
});

async function hostWithTarget(
  name: string,
  spares = 2,
): Promise<{ agent: FakeAgent; target: Target }> {
  const { api } = manager;
  const agent = await FakeAgent.enrol(api, name, spares + 2);
  const pool = await api.createPool(`pool-${name}`);
  for (let n = 1; n <= spares; n++) await api.createSpare(pool.id, agent.hostId, agent.diskId(n));
  const target = await api.createTarget({
    hostId: agent.hostId,
    poolId: pool.id,
    name: 'r0',
    mainDeviceId: agent.diskId(spares + 1),
  });
  await eventually(() => agent.turn(5));
  await eventually(async () => (await api.target(target.id)).state === 'active');
  return { agent, target };
}

describe('the line from a target to its lease', () => {
  it('grants the first lease, delivers it, and closes the books when the kernel runs it', async () => {
    const { agent, target } = await hostWithTarget('first');
    const [lease] = await manager.api.leases(target.id);
    expect(lease).toMatchObject({ state: 'active', generation: 1, lengthSectors: 16_384 });
    expect(await manager.api.needs(target.id)).toMatchObject([
      { cause: 'initial', state: 'fulfilled' },
    ]);
    const host = await manager.api.call<Record<string, unknown>>('GET', '/v1/hosts/first');
    expect(host).toMatchObject({ state: 'ready', observedGeneration: agent.generation });
    expect(host.desiredGeneration).toBe(agent.generation);
    const active = await manager.api.events('lease.active');
    expect(active.find((e) => e.targetId === target.id)?.data).toMatchObject({
      leaseId: lease?.id,
      cause: 'initial',
      needToActiveMs: expect.any(Number),
    });
    expect((await manager.api.target(target.id)).conditions).toMatchObject([
      { type: 'SpareSpace', status: 'True' },
    ]);
  });

  it('counts a need as placed until a kernel runs its lease, and no longer as open', async () => {
    const { agent, target } = await hostWithTarget('counted');
    const { api } = manager;
    const counted = async () => (await api.call<FleetStatus>('GET', '/v1/status')).needs;
    const before = await counted();
    await api.call('POST', `/v1/targets/${target.id}/leases`, {}, { 'idempotency-key': 'counted' });
    await eventually(async () => (await counted()).placed === before.placed + 1);
    expect(await counted()).toEqual({ ...before, placed: before.placed + 1 });
    await eventually(() => agent.turn(5));
    await eventually(async () => (await counted()).placed === before.placed);
  });

  it('wakes a waiting agent as soon as there is something new', async () => {
    const { agent, target } = await hostWithTarget('awake');
    const waiting = agent.turn(20);
    const start = Date.now();
    const need = await manager.api.call(
      'POST',
      `/v1/targets/${target.id}/leases`,
      {},
      {
        'idempotency-key': 'one',
      },
    );
    expect(await waiting).toBe(true);
    expect(Date.now() - start).toBeLessThan(2000);
    const again = await manager.api.call(
      'POST',
      `/v1/targets/${target.id}/leases`,
      {},
      {
        'idempotency-key': 'one',
      },
    );
    expect(again).toMatchObject({ id: (need as { id: string }).id });
    expect(await manager.api.leases(target.id)).toHaveLength(2);
  });

  it('records exactly one need when a target falls below its low-water mark, however often it says so', async () => {
    const { agent, target } = await hostWithTarget('low');
    const free = (await manager.api.target(target.id)).freeBlocks;
    agent.remap(target.id, free - 100);
    await Promise.all(Array.from({ length: 10 }, () => agent.report()));
    const late = agent.state();
    await agent.report();
    await agent.reportWhole(late);
    const needs = (await manager.api.needs(target.id)).filter((n) => n.cause === 'low-water');
    expect(needs).toHaveLength(1);
    expect(needs[0]?.requestKey).toBe(`lw-${target.id}-1`);
    await eventually(() => agent.turn(5));
    await eventually(async () => (await manager.api.leases(target.id))[1]?.state === 'active');
    const leases = await manager.api.leases(target.id);
    expect(leases.map(({ generation }) => generation)).toEqual([1, 2]);
    expect(leases[0]?.deviceId).not.toBe(leases[1]?.deviceId);
    expect(await manager.api.events('target.low-water')).toHaveLength(1);
    const remapped = (await manager.api.events('target.remapped')).map((e) => e.data.delta);
    expect(remapped).toEqual([free - 100]);
  });

  it('ignores a report that another one has overtaken', async () => {
    const { agent, target } = await hostWithTarget('overtaken');
    const early = agent.state();
    agent.remap(target.id, 5);
    await agent.report();
    await agent.reportWhole(early);
    expect((await manager.api.target(target.id)).observed?.usedBlocks).toBe(5);
    agent.bootId = 'boot-2';
    agent.sequence = 0;
    await agent.report();
    await agent.reportWhole({ ...early, sequence: 99 });
    expect((await manager.api.target(target.id)).observed?.usedBlocks).toBe(5);
    expect(await manager.api.events('host.rebooted')).toHaveLength(1);
  });

  it('refuses a spare that another member of the array leans on, and says why', async () => {
    const { api } = manager;
    const agent = await FakeAgent.enrol(api, 'mirror', 3);
    const pool = await api.createPool('pool-mirror');
    await api.createSpare(pool.id, agent.hostId, agent.diskId(1));
    const wish = { hostId: agent.hostId, poolId: pool.id };
    const a = await api.createTarget({ ...wish, name: 'a', mainDeviceId: agent.diskId(2) });
    await eventually(() => agent.turn(5));
    const b = await api.createTarget({
      ...{ ...wish, name: 'b', mainDeviceId: agent.diskId(3) },
      arrayPeers: [agent.diskId(2)],
    });
    await eventually(async () => (await api.needs(b.id))[0]?.state === 'unmet');
    expect((await api.target(b.id)).conditions).toMatchObject([
      { type: 'SpareSpace', status: 'False', reason: 'NoEligibleSpare' },
    ]);
    const body = { targetId: b.id };
    const explained = await api.call<PlacementDecision>('POST', '/v1/placement/explain', body);
    expect(explained).toMatchObject({ outcome: 'unmet', dryRun: true });
    expect(explained.candidates[0]).toMatchObject({
      reason: 'shares-disk-with-array-member',
      detail: expect.stringContaining('target a (declared array peer)'),
    });
    expect(await api.leases(a.id)).toHaveLength(1);

    const [need] = await api.needs(b.id);
    const now = `/v1/placement/needs/${need?.id}`;
    expect(await api.call('GET', now)).toMatchObject({
      ...{ outcome: 'unmet', dryRun: true, seed: need?.id, lengthSectors: need?.sectors },
      candidates: explained.candidates,
    });
    agent.disks.push(agent.disk(9));
    await agent.report();
    await api.createSpare(pool.id, agent.hostId, agent.diskId(9));
    await eventually(async () => (await api.leases(b.id))[0]?.deviceId === agent.diskId(9));
    const settled = await api.request('GET', now);
    expect([settled.status, settled.body]).toMatchObject([409, { code: 'need-settled' }]);
  });

  it('lists leases and needs by where they are and what has become of them', async () => {
    const { api } = manager;
    const made = await Promise.all(
      ['one', 'other'].map(async (name) => {
        const agent = await FakeAgent.enrol(api, `narrow-${name}`, 2);
        const pool = await api.createPool(`narrow-${name}`);
        const spare = await api.createSpare(pool.id, agent.hostId, agent.diskId(1));
        const wish = { hostId: agent.hostId, poolId: pool.id, name: 'r0' };
        const target = await api.createTarget({ ...wish, mainDeviceId: agent.diskId(2) });
        await eventually(async () => (await api.leases(target.id)).length === 1);
        return { hostId: agent.hostId, poolId: pool.id, spareId: spare.id, targetId: target.id };
      }),
    );
    const targetsIn = async (path: string) =>
      (await api.call<{ items: { targetId: string }[] }>('GET', path)).items.map(
        ({ targetId }) => targetId,
      );
    for (const { hostId, poolId, spareId, targetId } of made)
      for (const path of [
        ...[`leases?host=${hostId}`, `leases?pool=${poolId}`, `leases?spare=${spareId}`],
        `leases?pool=${poolId}&state=granted`,
        ...[`needs?host=${hostId}`, `needs?pool=${poolId}`],
        `needs?pool=${poolId}&state=placed&priority=normal`,
      ])
        expect([path, await targetsIn(`/v1/${path}`)]).toEqual([path, [targetId]]);
    for (const path of ['leases?state=released', 'needs?state=cancelled', 'needs?priority=urgent'])
      expect(await targetsIn(`/v1/${path}&pool=${made[0]?.poolId}`)).toEqual([]);
  });

  it('lends an extent again only after the agent has wiped it', async () => {
    const { api } = manager;
    const { agent, target } = await hostWithTarget('again', 1);
    const [lease] = await api.leases(target.id);
    await api.call('DELETE', `/v1/targets/${target.id}`);
    const gone = await api.desired.call(agent.api, agent.generation, 5);
    expect(gone?.absentTargets).toMatchObject([{ targetId: target.id }]);
    expect(gone?.targets).toEqual([]);
    await agent.report();
    expect((await api.leases(target.id))[0]?.state).toBe('active');
    if (gone) agent.apply(gone);
    await agent.report();
    expect((await api.leases(target.id))[0]?.state).toBe('draining');
    await agent.settle();
    expect(await api.leases(target.id)).toEqual([]);
    expect((await api.leases(target.id, true))[0]?.state).toBe('released');
    expect((await api.problem('GET', `/v1/targets/${target.id}`)).code).toBe('target-not-found');
    const next = await api.createTarget({
      ...{ hostId: agent.hostId, poolId: target.poolId, name: 'r0' },
      mainDeviceId: target.mainDeviceId,
    });
    await agent.settle();
    expect((await api.leases(next.id))[0]).toMatchObject({
      offsetSectors: lease?.offsetSectors,
      state: 'active',
    });
  });

  it('does not delete a target whose leases hold the only copy of something', async () => {
    const { agent, target } = await hostWithTarget('holding');
    agent.remap(target.id, 1);
    await agent.report();
    const problem = await manager.api.problem('DELETE', `/v1/targets/${target.id}`);
    expect(problem).toMatchObject({ status: 409, code: 'target-has-remaps' });
  });

  it('refuses spares and main devices that are in use, taken or unknown', async () => {
    const { api } = manager;
    const { agent, target } = await hostWithTarget('taken', 1);
    const spare = (deviceId: string) => ({ poolId: target.poolId, hostId: agent.hostId, deviceId });
    const codeOf = async (deviceId: string) =>
      (await api.problem('POST', '/v1/spares', spare(deviceId))).code;
    expect(await codeOf(agent.diskId(1))).toBe('disk-taken');
    expect(await codeOf(target.mainDeviceId)).toBe('disk-taken');
    expect(await codeOf(agent.diskId(77))).toBe('disk-not-found');
    agent.disks[2] = agent.disk(3, { usedBy: ['mounted'] });
    await agent.report();
    expect(await codeOf(agent.diskId(3))).toBe('disk-in-use');
  });

  it('marks a spare missing when its disk is no longer reported, and tells of it', async () => {
    const { agent, target } = await hostWithTarget('pulled', 1);
    const pulled = agent.disks.splice(0, 1);
    await agent.report();
    const spares = await manager.api.call<{ items: { state: string }[] }>(
      'GET',
      `/v1/spares?pool=${target.poolId}`,
    );
    expect(spares.items).toMatchObject([{ state: 'missing' }]);
    agent.disks.unshift(...pulled);
    await agent.report();
    const types = (await manager.api.events()).filter((e) => e.hostId === agent.hostId);
    expect(types.map((e) => e.type)).toEqual(
      expect.arrayContaining(['spare.missing', 'spare.available']),
    );
  });
});
