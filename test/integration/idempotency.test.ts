import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Operator, Pool, Problem } from '../../libs/contract/index.js';
import { sql } from '../support/database';
import { FakeAgent } from '../support/fake-agent';
import { Manager, newBacking, type Backing } from '../support/manager';

let backing: Backing;
let managers: Manager[];
let agent: FakeAgent;
let pool: Pool;

beforeAll(async () => {
  backing = await newBacking();
  managers = await Promise.all([1, 2].map(() => Manager.startReady(backing)));
  agent = await FakeAgent.enrol(api(), 'h1', 9);
  pool = await api().createPool('general');
});
afterAll(async () => {
  await Promise.all(managers.map((manager) => manager.kill('SIGTERM')));
});

function api(n = 0) {
  const manager = managers[n % managers.length];
  if (!manager) throw new Error('no manager runs');
  return manager.api;
}

const post = <T = Problem>(path: string, body: object, key: string, n = 0) =>
  api(n).request<T & Problem>('POST', path, body, { 'idempotency-key': key });

const wishes = (n: number): [string, object][] => [
  ['/v1/pools', { name: `pool-${n}` }],
  ['/v1/spares', { poolId: pool.id, hostId: agent.hostId, deviceId: agent.diskId(n) }],
  [
    '/v1/targets',
    {
      ...{ poolId: pool.id, hostId: agent.hostId, name: `t${n}` },
      mainDeviceId: agent.diskId(n + 4),
    },
  ],
];

const wish = (i: number, n: number): [string, object] => {
  const found = wishes(n)[i];
  if (!found) throw new Error(`there is no wish ${i}`);
  return found;
};

describe.each([
  ['/v1/pools', 0],
  ['/v1/spares', 1],
  ['/v1/targets', 2],
])('POST %s with an Idempotency-Key', (path, i) => {
  it('repeated with the same body gives the same answer and changes nothing', async () => {
    const [, body] = wish(i, 1);
    const first = await post(path, body, `same-${i}`);
    expect(first.status).toBe(201);
    const reordered = Object.fromEntries(Object.entries(body).reverse());
    const again = await post(path, reordered, `same-${i}`, 1);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
  });

  it('repeated with another body is refused', async () => {
    const [, body] = wish(i, 2);
    expect((await post(path, body, `same-${i}`)).body).toMatchObject({
      status: 422,
      code: 'idempotency-key-reused',
    });
  });

  it('sent many times at once to several managers is carried out once', async () => {
    const [, body] = wish(i, 3);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => post<{ id: string }>(path, body, `race-${i}`, n)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    const created = await sql(backing.databaseUrl, 'SELECT FROM audit WHERE subject = $1', [
      answers[0]?.body.id,
    ]);
    expect(created).toHaveLength(1);
  });
});

describe('a key', () => {
  it('of a request that was refused may be used again', async () => {
    const taken = { name: 'general' };
    expect((await post('/v1/pools', taken, 'refused')).body.code).toBe('pool-exists');
    expect((await post('/v1/pools', { name: 'free' }, 'refused')).status).toBe(201);
  });

  it('is that of one person', async () => {
    const { token } = await api().call<{ token: string }>('POST', '/v1/operators', {
      ...{ name: 'other', role: 'operator' },
    });
    const headers = { 'idempotency-key': 'same-0' };
    const answer = await api()
      .as(token)
      .request('POST', '/v1/pools', { name: 'of-other' }, headers);
    expect(answer.status).toBe(201);
  });

  it('counts for a day', async () => {
    expect((await post('/v1/pools', { name: 'day' }, 'day')).status).toBe(201);
    await sql(
      backing.databaseUrl,
      `UPDATE answered_request SET created_at = now() - interval '25 h' WHERE key = 'day'`,
    );
    expect((await post('/v1/pools', { name: 'next-day' }, 'day')).status).toBe(201);
  });

  it('that is no key is refused', async () => {
    const answer = await post('/v1/pools', { name: 'spaced' }, 'two words');
    expect(answer.body.code).toBe('idempotency-key-invalid');
  });
});

describe('an answer with a secret', () => {
  it.each([
    ['/v1/operators', { name: 'secretive', role: 'viewer' }],
    ['/v1/enrolment-tokens', {}],
  ])('to POST %s is not kept, and a repeat says what to do', async (path, body) => {
    const first = await post<{ token: string }>(path, body, `secret-${path}`);
    expect(first.status).toBe(201);
    const again = await post(path, body, `secret-${path}`);
    expect(again.body).toMatchObject({ status: 409, code: 'answer-held-secret' });
    const kept = await sql(backing.databaseUrl, 'SELECT answer::text FROM answered_request');
    expect(JSON.stringify(kept)).not.toContain(first.body.token);
  });

  it('is carried out once', async () => {
    const { items } = await api().call<{ items: Operator[] }>('GET', '/v1/operators');
    expect(items.filter(({ name }) => name === 'secretive')).toHaveLength(1);
  });
});

describe('a lease that is asked for', () => {
  it('with a key that was used for another length is refused', async () => {
    const [path, body] = wish(2, 4);
    const { body: target } = await post<{ id: string }>(path, body, 'with-leases');
    const leases = `/v1/targets/${target.id}/leases`;
    const first = await post<{ id: string }>(leases, { lengthSectors: 8192 }, 'more');
    expect(first.status).toBe(202);
    expect((await post(leases, { lengthSectors: 8192 }, 'more')).body).toMatchObject({
      id: first.body.id,
    });
    expect((await post(leases, { lengthSectors: 16_384 }, 'more')).body.code).toBe(
      'idempotency-key-reused',
    );
  });
});
