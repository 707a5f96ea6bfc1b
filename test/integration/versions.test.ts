import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool, Problem, Spare, Target } from '../../libs/contract/index.js';
import { eventually, FakeAgent } from '../support/fake-agent';
import { Manager, newBacking } from '../support/manager';

let manager: Manager;
let agent: FakeAgent;
let pool: Pool;
let spare: Spare;
let target: Target;

beforeAll(async () => {
  manager = await Manager.startReady(await newBacking());
  const { api } = manager;
  agent = await FakeAgent.enrol(api, 'h1', 3);
  pool = await api.createPool('general');
  spare = await api.createSpare(pool.id, agent.hostId, agent.diskId(1));
  target = await api.createTarget({
    ...{ hostId: agent.hostId, poolId: pool.id, name: 'r0' },
    mainDeviceId: agent.diskId(2),
  });
  await eventually(() => agent.turn(5));
});
afterAll(async () => {
  await manager.kill('SIGTERM');
});

const path = (what: string) =>
  ({
    pool: `/v1/pools/${pool.id}`,
    spare: `/v1/spares/${spare.id}`,
    host: '/v1/hosts/h1',
    target: `/v1/targets/${target.id}`,
  })[what] ?? '';

const etag = async (what: string) =>
  (await manager.api.request('GET', path(what))).headers.get('etag') ?? 'none';

const send = (method: string, what: string, body: object | undefined, ifMatch?: string) =>
  manager.api.request<Problem>(
    method,
    path(what),
    body,
    ifMatch === undefined ? {} : { 'if-match': ifMatch },
  );

describe('a change', () => {
  it.each([
    ['pool', { policy: { lowWaterBlocks: 300 } }],
    ['spare', { cordoned: true }],
    ['host', { cordoned: true }],
  ])('of a %s made for what was read goes through once', async (what, body) => {
    const read = await etag(what);
    const first = await send('PATCH', what, body, read);
    expect(first.status).toBe(200);
    expect(first.headers.get('etag')).toBe(await etag(what));
    const second = await send('PATCH', what, body, read);
    expect(second.body).toMatchObject({ status: 412, code: 'version-conflict' });
    expect(second.headers.get('etag')).toBe(await etag(what));
    expect((await send('PATCH', what, body, second.headers.get('etag') ?? '')).status).toBe(200);
  });

  it('made for any version, or for none, goes through', async () => {
    expect((await send('PATCH', 'host', { cordoned: false })).status).toBe(200);
    expect((await send('PATCH', 'host', { cordoned: true }, '*')).status).toBe(200);
  });

  it('goes through for one of many who read the same', async () => {
    const read = await etag('pool');
    const answers = await Promise.all(
      [10, 20, 30, 40, 50].map((lowWaterBlocks) =>
        send('PATCH', 'pool', { policy: { lowWaterBlocks } }, read),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412]);
  });
});

describe('a version', () => {
  it('is not changed by what hosts report', async () => {
    const before = await Promise.all(['pool', 'spare', 'host', 'target'].map(etag));
    agent.remap(target.id, 3);
    agent.disks[0] = agent.disk(1, { health: 'failing' });
    await agent.report();
    expect(await Promise.all(['pool', 'spare', 'host', 'target'].map(etag))).toEqual(before);
  });

  it('of a target changes with its leases', async () => {
    const before = await etag('target');
    await manager.api.call('PATCH', path('host'), { cordoned: false });
    await manager.api.call('PATCH', path('spare'), { cordoned: false });
    agent.disks[0] = agent.disk(1);
    await agent.report();
    const headers = { 'idempotency-key': 'more' };
    await manager.api.call('POST', `${path('target')}/leases`, {}, headers);
    await eventually(async () => (await etag('target')) !== before);
    const { body } = await send('DELETE', 'target', undefined, before);
    expect(body).toMatchObject({ status: 412, code: 'version-conflict' });
  });
});

describe('a deletion', () => {
  it('of what was changed since it was read is refused', async () => {
    const { api } = manager;
    const made = await api.request<Pool>('POST', '/v1/pools', { name: 'short' });
    const read = { 'if-match': made.headers.get('etag') ?? '' };
    await api.call('PATCH', '/v1/pools/short', { policy: { lowWaterBlocks: 1 } });
    expect((await api.request('DELETE', '/v1/pools/short', undefined, read)).status).toBe(412);
    expect((await api.request('DELETE', '/v1/pools/short')).status).toBe(204);
    const stale = await send('DELETE', 'spare', undefined, '"0"');
    expect(stale.body.code).toBe('version-conflict');
  });
});
