import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, Target } from '../../libs/contract/index.js';
import { sql } from '../support/database';
import { eventually, FakeAgent } from '../support/fake-agent';
import { Manager, newBacking, type Backing } from '../support/manager';

let backing: Backing;
let manager: Manager;
let another: Manager;

beforeAll(async () => {
  backing = await newBacking();
  manager = await Manager.startReady(backing);
  another = await Manager.startReady(backing);
});
afterAll(async () => {
  await Promise.all([manager.kill('SIGTERM'), another.kill('SIGTERM')]);
});

/** A host with a target that runs, which has reported since then that nothing is new. */
async function settledHost(
  name: string,
): Promise<{ agent: FakeAgent; target: Target; pool: Pool }> {
  const { api } = manager;
  const agent = await FakeAgent.enrol(api, name, 4);
  const pool = await api.createPool(name);
  for (const n of [1, 2]) await api.createSpare(pool.id, agent.hostId, agent.diskId(n));
  const target = await api.createTarget({
    ...{ hostId: agent.hostId, poolId: pool.id, name: 't' },
    mainDeviceId: agent.diskId(3),
  });
  await eventually(async () => {
    await agent.turn(5);
    return (await api.leases(target.id))[0]?.state === 'active';
  });
  for (let n = 0; n < 3; n++) await agent.report();
  return { agent, target, pool };
}

/** Which transaction wrote each row that a report is about, the host's own aside. */
async function rowsOf({ hostId }: FakeAgent) {
  return sql(
    backing.databaseUrl,
    `SELECT 'target' AS what, id::text, xmin::text FROM target WHERE host_id = $1
     UNION ALL SELECT 'lease', lease.id::text, lease.xmin::text
       FROM lease JOIN target ON target.id = target_id WHERE host_id = $1
     UNION ALL SELECT 'disk', id, xmin::text FROM disk WHERE host_id = $1
     UNION ALL SELECT 'array', uuid, xmin::text FROM raid_array WHERE host_id = $1
     UNION ALL SELECT 'event', id::text, xmin::text FROM event WHERE host_id = $1 ORDER BY 1, 2`,
    [hostId],
  );
}

/** Each report that is taken whole sets `until` anew. */
async function hostRow({ hostId }: FakeAgent) {
  const [row] = await sql<{ sequence: string; seen: string; until: string }>(
    backing.databaseUrl,
    `SELECT sequence, last_seen_at::text AS seen, report_until::text AS until
     FROM host WHERE id = $1`,
    [hostId],
  );
  const { sequence, seen = '', until = '' } = row ?? {};
  return { sequence: Number(sequence), seen, until };
}

describe('a report that says what the last one said', () => {
  it.each([
    ['whole', (agent: FakeAgent) => agent.reportWhole()],
    ['confirmed', (agent: FakeAgent) => agent.report()],
  ])('moves when the host was last seen, and nothing else, when it is %s', async (how, tell) => {
    const { agent } = await settledHost(`same-${how}`);
    const [rows, before] = [await rowsOf(agent), await hostRow(agent)];
    await tell(agent);
    const after = await hostRow(agent);
    expect(after.sequence).toBe(agent.sequence);
    expect(after.seen > before.seen).toBe(true);
    expect(after.until).toBe(before.until);
    expect(await rowsOf(agent)).toEqual(rows);
  });

  it('changes nothing at all when it is late or repeated', async () => {
    const { agent } = await settledHost('late');
    const late = agent.state();
    await agent.report();
    const before = await hostRow(agent);
    const etag = await agent.reportWhole(late);
    await agent.reportWhole({ ...late, sequence: agent.sequence });
    for (const sequence of [late.sequence, agent.sequence])
      expect(await agent.confirm(etag ?? '', sequence)).toBe(false);
    expect(await hostRow(agent)).toEqual(before);
  });

  it('can be confirmed with the ETag of the last one only, by any manager', async () => {
    const { agent, target } = await settledHost('tags');
    const before = await agent.reportWhole();
    agent.remap(target.id, 1);
    const after = await agent.reportWhole();
    if (before === null || after === null) throw new Error('there is no ETag');
    const { until } = await hostRow(agent);
    expect(await agent.confirm(before, ++agent.sequence)).toBe(false);
    expect(await agent.confirm(after, ++agent.sequence)).toBe(true);
    agent.api = agent.api.at(another.url);
    expect(await agent.confirm(before, ++agent.sequence)).toBe(false);
    expect(await agent.confirm(after, ++agent.sequence)).toBe(true);
    expect(await hostRow(agent)).toMatchObject({ sequence: agent.sequence, until });
  });

  it('is wanted whole when it is confirmed with no ETag or a foreign one', async () => {
    const { agent } = await settledHost('foreign');
    const before = await hostRow(agent);
    const path = `/v1/agent/observed/unchanged?sequence=${agent.sequence + 1}`;
    for (const headers of [{}, { 'if-match': '*' }, { 'if-match': 'W/"x", "y"' }]) {
      const answer = await agent.api.request('POST', path, undefined, headers);
      expect(answer).toMatchObject({ status: 412, body: { code: 'whole-report-wanted' } });
    }
    expect(await agent.api.problem('POST', '/v1/agent/observed/unchanged')).toMatchObject({
      status: 400,
    });
    expect(await hostRow(agent)).toEqual(before);
  });

  it('is dropped when it is of an earlier boot', async () => {
    const { agent } = await settledHost('rebooted');
    const old = agent.state();
    agent.bootId = 'boot-2';
    await agent.report();
    await agent.report();
    const before = await hostRow(agent);
    await agent.reportWhole({ ...old, sequence: agent.sequence + 100 });
    expect(await hostRow(agent)).toEqual(before);
  });

  it('is taken by any manager, and one that differs by any is taken whole by the next', async () => {
    const { agent, target } = await settledHost('both');
    const { until } = await hostRow(agent);
    agent.api = agent.api.at(another.url);
    await agent.report();
    expect(await hostRow(agent)).toMatchObject({ sequence: agent.sequence, until });
    agent.remap(target.id, 3);
    await agent.report();
    agent.api = agent.api.at(manager.url);
    await agent.report();
    expect((await manager.api.target(target.id)).observed?.usedBlocks).toBe(3);
    expect((await manager.api.leases(target.id))[0]?.usedBlocks).toBe(3);
  });

  it('is taken whole once more after the books of its host changed', async () => {
    const { agent, target } = await settledHost('changed');
    const [rows, before] = [await rowsOf(agent), await hostRow(agent)];
    await sql(
      backing.databaseUrl,
      'UPDATE host SET facts_version = facts_version + 1 WHERE id = $1',
      [agent.hostId],
    );
    await agent.report();
    const whole = await hostRow(agent);
    expect(whole.until).not.toBe(before.until);
    await agent.report();
    expect((await hostRow(agent)).until).toBe(whole.until);
    expect(await rowsOf(agent)).toEqual(rows);
    expect((await manager.api.target(target.id)).state).toBe('active');
  });

  it('is taken whole once more when that is long ago', async () => {
    const { agent } = await settledHost('long-ago');
    await sql(backing.databaseUrl, 'UPDATE host SET report_until = now() WHERE id = $1', [
      agent.hostId,
    ]);
    const before = await hostRow(agent);
    await agent.report();
    expect((await hostRow(agent)).until > before.until).toBe(true);
  });

  it('tells that a target is low when the low-water mark of its pool was raised', async () => {
    const { agent, target, pool } = await settledHost('raised');
    const { freeBlocks } = await manager.api.target(target.id);
    const policy = { policy: { lowWaterBlocks: freeBlocks + 1 } };
    await manager.api.call('PATCH', `/v1/pools/${pool.id}`, policy);
    await agent.report();
    const causes = (await manager.api.needs(target.id)).map(({ cause }) => cause);
    expect(causes).toEqual(['low-water', 'initial']);
  });

  it('does not wait for another host that is locked, and is taken once its own is free', async () => {
    const { agent: locked } = await settledHost('locked');
    const { agent: free } = await settledHost('free');
    const before = await hostRow(locked);
    const client = new Client({ connectionString: backing.databaseUrl });
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM host WHERE id = $1 FOR UPDATE', [locked.hostId]);
    const waiting = locked.report();
    await free.report();
    await sleep(300);
    expect(await hostRow(locked)).toEqual(before);
    await client.query('COMMIT');
    await client.end();
    await waiting;
    expect((await hostRow(locked)).sequence).toBe(locked.sequence);
  });

  it('is refused as soon as the credential has been replaced, by every manager', async () => {
    const { agent } = await settledHost('renewed');
    const elsewhere = agent.api.at(another.url);
    await manager.api.enrol('renewed');
    for (const api of [agent.api, elsewhere]) {
      agent.api = api;
      await expect(agent.report()).rejects.toThrow('unauthenticated');
      await expect(agent.turn()).rejects.toThrow('unauthenticated');
    }
  });
});

describe('many reports at once', () => {
  it('of hosts that have nothing new move each last_seen and sequence', async () => {
    const agents = await Promise.all(
      Array.from({ length: 20 }, (_, n) => FakeAgent.enrol(manager.api, `many-${n}`, 2)),
    );
    for (let n = 0; n < 2; n++) await Promise.all(agents.map((agent) => agent.report()));
    const before = await Promise.all(agents.map(hostRow));
    await Promise.all(agents.map((agent) => agent.report()));
    const after = await Promise.all(agents.map(hostRow));
    expect(after.map(({ sequence }) => sequence)).toEqual(agents.map(({ sequence }) => sequence));
    expect(after.every(({ seen }, n) => seen > (before[n]?.seen ?? ''))).toBe(true);
  });

  it('of one host leave what the newest says, in whatever order they come', async () => {
    const { agent, target } = await settledHost('storm');
    const reports = Array.from({ length: 12 }, (_, n) => {
      if (n % 3 === 0) agent.remap(target.id, 1);
      return agent.state();
    });
    const shuffled = reports.toSorted((a, b) => ((a.sequence * 7) % 12) - ((b.sequence * 7) % 12));
    await Promise.all(shuffled.map((report) => agent.reportWhole(report)));
    expect((await hostRow(agent)).sequence).toBe(agent.sequence);
    expect((await manager.api.target(target.id)).observed?.usedBlocks).toBe(4);
    const told = (await manager.api.events('target.remapped'))
      .filter(({ targetId }) => targetId === target.id)
      .reduce((sum, { data }) => sum + Number(data.delta), 0);
    expect(told).toBe(4);
  });
});
