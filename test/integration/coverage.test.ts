import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CoveredDomain, CoverageSummary, Pool } from '../../libs/contract/index.js';
import { eventually, FakeAgent } from '../support/fake-agent';
import { Manager, newBacking } from '../support/manager';

let manager: Manager;

beforeAll(async () => {
  manager = await Manager.startReady(await newBacking());
});
afterAll(async () => {
  await manager.kill('SIGTERM');
});

const summary = () => manager.api.call<CoverageSummary>('GET', '/v1/coverage/summary');

/** As it is once every host has been looked at as it is now. */
async function covered(pool: Pool, query = ''): Promise<CoveredDomain[]> {
  await eventually(async () => (await summary()).staleHosts === 0);
  const path = `/v1/coverage?pool=${pool.name}${query}`;
  return (await manager.api.call<{ items: CoveredDomain[] }>('GET', path)).items;
}

/** Two targets of an array, spares on the disks 3 and up, each in an enclosure of its own. */
async function mirror(name: string, spares: number) {
  const { api } = manager;
  const agent = await FakeAgent.enrol(api, name, 2 + spares);
  agent.disks = agent.disks.map((disk, n) => ({ ...disk, domains: { enclosure: `e${n + 1}` } }));
  await agent.report();
  const pool = await api.createPool(`pool-${name}`);
  for (let n = 3; n < 3 + spares; n++)
    await api.createSpare(pool.id, agent.hostId, agent.diskId(n));
  const targets = [];
  for (const n of [1, 2])
    targets.push(
      await api.createTarget({
        ...{ hostId: agent.hostId, poolId: pool.id, name: `r${n}` },
        ...{ mainDeviceId: agent.diskId(n), arrayPeers: [agent.diskId(3 - n)] },
      }),
    );
  await eventually(() => agent.turn(2));
  for (const { id } of targets)
    await eventually(async () => {
      await agent.turn();
      return (await api.target(id)).state === 'active';
    });
  return { agent, pool, targets };
}

describe('coverage', () => {
  it('has nothing to say of a fleet that lends nothing', async () => {
    await eventually(async () => (await summary()).staleHosts === 0);
    expect((await summary()).pools).toEqual([]);
  });

  it('names the arrays that the loss of a domain would leave short, and stops when a spare comes', async () => {
    const { agent, pool } = await mirror('short', 2);
    // Each member leans on one of the two spares, so neither may take over what the other lends.
    const short = await covered(pool, '&suffices=false&level=enclosure');
    expect(short).toMatchObject([
      {
        ...{ level: 'enclosure', domain: 'e3', hostId: null, suffices: false, arrays: 1 },
        shortArrays: [{ hostName: 'short', reason: 'shares-disk-with-array-member' }],
      },
      { level: 'enclosure', domain: 'e4', suffices: false },
    ]);
    // The host's own loss takes the targets with it.
    expect((await summary()).pools.filter(({ poolId }) => poolId === pool.id)).toMatchObject([
      { level: 'disk', domains: 2, shortDomains: 2 },
      { level: 'enclosure', domains: 2, shortDomains: 2 },
    ]);

    agent.disks.push(agent.disk(9, { domains: { enclosure: 'e9' } }));
    await agent.report();
    await manager.api.createSpare(pool.id, agent.hostId, agent.diskId(9));
    expect(await covered(pool, '&suffices=false')).toEqual([]);
    const disks = await covered(pool, '&level=disk');
    expect(disks.map(({ suffices }) => suffices)).toEqual([true, true]);
  });

  it('is looked at again when a policy changes', async () => {
    const { pool } = await mirror('policy', 3);
    expect(await covered(pool, '&suffices=false')).toEqual([]);
    await manager.api.call('PATCH', `/v1/pools/${pool.name}`, { policy: { media: ['hdd'] } });
    const short = await covered(pool, '&suffices=false&level=disk');
    expect(short.map(({ shortArrays }) => shortArrays[0]?.reason)).toEqual([
      'media-mismatch',
      'media-mismatch',
    ]);
  });

  it('comes in pages that join to the whole', async () => {
    const pools = await manager.api.call<{ items: CoveredDomain[] }>('GET', '/v1/coverage');
    const whole = pools.items.map(({ level, domain, poolId }) => `${poolId} ${level} ${domain}`);
    const paged: string[] = [];
    let cursor: string | null = null;
    do {
      const at: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page: { items: CoveredDomain[]; nextCursor: string | null } = await manager.api.call(
        'GET',
        `/v1/coverage?limit=2${at}`,
      );
      paged.push(...page.items.map(({ level, domain, poolId }) => `${poolId} ${level} ${domain}`));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(paged).toEqual(whole);
    expect(new Set(whole).size).toBe(whole.length);
  });
});
