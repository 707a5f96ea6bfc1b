import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from '../support/database';
import { FakeAgent } from '../support/fake-agent';
import { Manager, newBacking, type Backing } from '../support/manager';

let manager: Manager;
let backing: Backing;

beforeAll(async () => {
  backing = await newBacking();
  manager = await Manager.startReady(backing);
});
afterAll(async () => {
  await manager.kill('SIGTERM');
});

const token = async () =>
  (await manager.api.call<{ token: string }>('POST', '/v1/enrolment-tokens', {})).token;
const enrol = (body: object) => manager.api.as(undefined).request('POST', '/v1/enrol', body);

describe('enrolment', () => {
  it('accepts a token once, also when many use it at the same time', async () => {
    const once = await token();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        enrol({ token: once, name: `race-${n}`, machineId: `machine-race-${n}` }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(7);
    expect(answers.find(({ status }) => status === 401)?.body).toMatchObject({
      code: 'enrolment-token-invalid',
    });
  });

  it('refuses a token that has expired', async () => {
    const stale = await token();
    await sql(
      backing.databaseUrl,
      "UPDATE enrolment_token SET expires_at = now() - interval '1 s'",
    );
    const { status } = await enrol({ token: stale, name: 'stale', machineId: 'machine-stale' });
    expect(status).toBe(401);
  });

  it('keeps the id of a machine that enrols again, and ends its old credential', async () => {
    const first = await manager.api.enrol('twice');
    const second = await manager.api.enrol('twice-renamed', 'machine-twice');
    expect(second.hostId).toBe(first.hostId);
    const desired = (credential: string) =>
      manager.api.as(credential).request('GET', '/v1/agent/desired?after=0');
    expect((await desired(first.credential)).status).toBe(401);
    expect((await desired(second.credential)).status).toBe(200);
  });

  it('does not use the token up when the name belongs to another machine', async () => {
    await manager.api.enrol('named');
    const kept = await token();
    const taken = await enrol({ token: kept, name: 'named', machineId: 'machine-other' });
    expect(taken.body).toMatchObject({ status: 409, code: 'host-name-taken' });
    const { status } = await enrol({ token: kept, name: 'other', machineId: 'machine-other' });
    expect(status).toBe(200);
  });
});

describe('a credential', () => {
  it('of a host reaches the state of that host and nothing of the people', async () => {
    const a = await FakeAgent.enrol(manager.api, 'own-a', 1);
    const b = await FakeAgent.enrol(manager.api, 'own-b', 1);
    expect((await a.api.desired(0))?.hostId).toBe(a.hostId);
    expect((await b.api.desired(0))?.hostId).toBe(b.hostId);
    expect(await a.api.problem('GET', '/v1/hosts')).toMatchObject({ status: 401 });
    const asPerson = await manager.api.problem('GET', '/v1/agent/desired');
    expect(asPerson).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  it('of a person allows what the role allows', async () => {
    const made = (role: string) =>
      manager.api.call<{ token: string }>('POST', '/v1/operators', { name: `a-${role}`, role });
    const viewer = manager.api.as((await made('viewer')).token);
    const operator = manager.api.as((await made('operator')).token);
    const pool = (name: string) => ({ name });
    expect((await viewer.request('GET', '/v1/pools')).status).toBe(200);
    expect(await viewer.problem('POST', '/v1/pools', pool('v'))).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
    expect((await operator.request('POST', '/v1/pools', pool('o'))).status).toBe(201);
    expect((await operator.problem('POST', '/v1/enrolment-tokens', {})).status).toBe(403);
    expect((await operator.problem('GET', '/v1/audit')).status).toBe(403);
    const { items } = await manager.api.call<{ items: unknown[] }>('GET', '/v1/audit');
    expect(items[0]).toMatchObject({ actor: 'a-operator', action: 'pool.create' });
  });

  it('is not kept in plain text', async () => {
    const { credential } = await manager.api.enrol('hashed');
    const rows = await sql(backing.databaseUrl, 'SELECT host::text AS text FROM host');
    expect(JSON.stringify(rows)).not.toContain(credential);
  });
});

describe('the audit log', () => {
  it('cannot be changed or shortened, not even by the database user of the manager', async () => {
    for (const attempt of ["UPDATE audit SET actor = 'x'", 'DELETE FROM audit', 'TRUNCATE audit'])
      await expect(sql(backing.databaseUrl, attempt)).rejects.toThrow('append-only');
  });
});

describe('a problem', () => {
  it('is problem details with a stable code and the fields that are wrong', async () => {
    const answer = await manager.api.request('POST', '/v1/pools', { name: '-bad-', policy: {} });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({
      type: 'urn:dm-remap:problem:validation-failed',
      status: 400,
      code: 'validation-failed',
      errors: [{ path: 'name' }],
    });
  });

  it.each([
    ['GET', '/v1/nothing', 404, 'route-not-found'],
    ['GET', '/v1/hosts/nobody', 404, 'host-not-found'],
    ['GET', '/v1/spares/not-a-uuid', 400, 'validation-failed'],
    ['GET', '/v1/needs?limit=0', 400, 'validation-failed'],
    ['GET', '/v1/needs?cursor=xyz', 400, 'cursor-invalid'],
  ])('answers %s %s with %d %s', async (method, path, status, code) => {
    expect(await manager.api.problem(method, path)).toMatchObject({ status, code });
  });

  it('is also the answer to a body that is not JSON', async () => {
    const response = await fetch(`${manager.url}/v1/enrol`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ status: 400, code: 'bad-request' });
  });
});

describe('a list', () => {
  it('is cut into pages that together give each item once', async () => {
    for (let n = 0; n < 5; n++) await manager.api.createPool(`page-${n}`);
    const names: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page: { items: { name: string }[]; nextCursor: string | null } = await manager.api.call(
        'GET',
        `/v1/pools?limit=2${query}`,
      );
      names.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    }
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['page-0', 'page-4']));
  });
});

describe('the description', () => {
  it('is served as OpenAPI with every route of the contract', async () => {
    const { paths } = await manager.api
      .as(undefined)
      .call<{ paths: object }>('GET', '/openapi.json');
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/v1/agent/desired',
        '/v1/agent/observed',
        '/v1/enrol',
        '/v1/placement/explain',
        '/v1/targets/{idOrName}/leases',
      ]),
    );
  });
});
