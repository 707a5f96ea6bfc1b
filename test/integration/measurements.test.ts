import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  NOT_MEASURED,
  type Disk,
  type DiskMeasurements,
  type PlacementCandidate,
  type PlacementDecision,
  type PoolPolicy,
  type Target,
} from '../../libs/contract/index.js';
import { eventually, FakeAgent } from '../support/fake-agent';
import { Manager, newBacking } from '../support/manager';

let manager: Manager;

beforeAll(async () => {
  manager = await Manager.startReady(await newBacking());
});
afterAll(async () => {
  await manager.kill('SIGTERM');
});

/** A host whose disk 1 is the main device of a target; each further disk is a spare with these measurements. */
async function hostWith(
  name: string,
  policy: Partial<PoolPolicy>,
  measured: readonly Partial<DiskMeasurements>[],
): Promise<{ agent: FakeAgent; target: Target }> {
  const { api } = manager;
  const agent = await FakeAgent.enrol(api, name, 0);
  const spares = measured.map((some, n) =>
    agent.disk(n + 2, { measured: { ...NOT_MEASURED, ...some } }),
  );
  agent.disks = [agent.disk(1), ...spares];
  await agent.report();
  const pool = await api.createPool(name, policy);
  for (const { id } of spares) await api.createSpare(pool.id, agent.hostId, id);
  const target = await api.createTarget({
    ...{ hostId: agent.hostId, poolId: pool.id, name: 't' },
    mainDeviceId: agent.diskId(1),
  });
  await eventually(async () => {
    await agent.turn();
    return (await api.leases(target.id))[0]?.state === 'active';
  });
  return { agent, target };
}

/** What is said of the spare on disk n of the host, were the target to need more now. */
async function candidate(
  { agent, target }: { agent: FakeAgent; target: Target },
  n: number,
): Promise<PlacementCandidate | undefined> {
  const { candidates } = await manager.api.call<PlacementDecision>(
    'POST',
    '/v1/placement/explain',
    { targetId: target.id },
  );
  return candidates.find(({ deviceId }) => deviceId === agent.diskId(n));
}

describe('what a disk tells of itself', () => {
  it('is listed with the disk', async () => {
    const measured = {
      busyPercent: 40,
      percentageUsed: 12,
      powerOnHours: 240,
      predictedFailing: false,
    };
    const { agent } = await hostWith('listed', {}, [measured]);
    const { items } = await manager.api.call<{ items: Disk[] }>('GET', '/v1/disks?host=listed');
    expect(items.find(({ id }) => id === agent.diskId(2))?.measured).toEqual(measured);
  });

  it('may be missing: what an agent of an older version does not report stays as it was known', async () => {
    const { agent } = await hostWith('older', {}, [{ percentageUsed: 5 }]);
    const disks = agent.disks.map((disk) => ({
      ...disk,
      ...{ measured: undefined, protectionType: undefined },
    }));
    await agent.api.call('PUT', '/v1/agent/observed', {
      ...agent.state(),
      disks,
    });
    const { items } = await manager.api.call<{ items: Disk[] }>('GET', '/v1/disks?host=older');
    expect(items.map(({ measured }) => measured)).toEqual([
      NOT_MEASURED,
      { ...NOT_MEASURED, percentageUsed: 5 },
    ]);
  });
});

describe('a spare that says that it will fail', () => {
  it('gets no lease until it no longer says so, and an event tells of either', async () => {
    const { api } = manager;
    const host = await hostWith('predicted', {}, [{}, {}]);
    const say = async (predictedFailing: boolean | null) => {
      host.agent.disks[2] = host.agent.disk(3, { measured: { ...NOT_MEASURED, predictedFailing } });
      await host.agent.report();
    };
    await say(true);
    expect(await candidate(host, 3)).toMatchObject({
      verdict: 'rejected',
      reason: 'predicted-failure',
    });
    // An agent that starts anew has not asked the disk yet.
    await say(null);
    expect((await candidate(host, 3))?.reason).toBe('predicted-failure');
    await say(true);
    expect(await api.events('disk.failure-not-predicted')).toEqual([]);
    expect(await api.events('disk.failure-predicted')).toEqual([
      expect.objectContaining({
        severity: 'warning',
        hostName: 'predicted',
        data: expect.objectContaining({ deviceId: host.agent.diskId(3), serial: 'S3' }) as unknown,
      }),
    ]);
    await say(false);
    expect((await candidate(host, 3))?.verdict).not.toBe('rejected');
    expect(await api.events('disk.failure-not-predicted')).toHaveLength(1);
  });
});

describe('wear and load', () => {
  it('decide under wear-aware: a worn spare gets nothing while an unworn one has room', async () => {
    const host = await hostWith('worn', { name: 'wear-aware', horizonDays: 365 }, [
      { percentageUsed: 60, powerOnHours: 24 * 900, busyPercent: 10 },
      { percentageUsed: 2, powerOnHours: 24 * 900, busyPercent: 30 },
    ]);
    const [worn, unworn] = [await candidate(host, 2), await candidate(host, 3)];
    expect(worn?.verdict).toBe('kept');
    expect(unworn?.verdict).toBe('chosen');
    expect(worn?.scoreComponents).toMatchObject({ load: 0.9 });
    // By its average so far, 60 % in 900 days, a year costs 24.3 % more.
    expect(worn?.scoreComponents.endurance).toBeCloseTo(0.4 - (60 / 900) * 3.65);
    expect(unworn?.scoreComponents).toMatchObject({ load: 0.7 });
    expect(unworn?.scoreComponents.endurance).toBeCloseTo(0.98 - (2 / 900) * 3.65);
  });
});

describe('protection information', () => {
  it('of the main device has to be that of the spare', async () => {
    const host = await hostWith('protected', {}, [{}, {}]);
    const { agent } = host;
    agent.disks[0] = agent.disk(1, { protectionType: 1 });
    agent.disks[1] = agent.disk(2, { protectionType: 1 });
    await agent.report();
    expect((await candidate(host, 2))?.verdict).toBe('chosen');
    expect(await candidate(host, 3)).toMatchObject({
      verdict: 'rejected',
      reason: 'protection-mismatch',
    });
  });
});
