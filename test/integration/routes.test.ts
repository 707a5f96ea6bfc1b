import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RequestMethod } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AuditEntry, Pool, Problem } from '../../libs/contract/index.js';
import { ACCESS, type Access } from '../../src/manager/access.js';
import type { Api } from '../support/api';
import { sql } from '../support/database';
import { eventually, FakeAgent } from '../support/fake-agent';
import { startInProcess } from '../support/in-process';
import { newBacking, type Backing } from '../support/manager';

interface Route {
  method: string;
  path: string;
  access: Access | undefined;
}

let backing: Backing;
let app: NestFastifyApplication;
let api: Api;
let routes: Route[];

beforeAll(async () => {
  backing = await newBacking();
  ({ app, api } = await startInProcess(backing));
  await eventually(async () => (await api.request('GET', '/v1/status')).status === 200);
  routes = [...app.get(ModulesContainer).values()].flatMap((module) =>
    [...module.controllers.values()].flatMap(({ metatype }) => routesOf(metatype as Controller)),
  );
});
afterAll(async () => {
  await app.close();
});

type Controller = abstract new (...args: unknown[]) => object;
type Handler = (...args: unknown[]) => unknown;

const meta = (key: string, of: object): unknown => Reflect.getMetadata(key, of);

function routesOf(controller: Controller): Route[] {
  const base = meta('path', controller) as string;
  return Object.getOwnPropertyNames(controller.prototype).flatMap((name) => {
    const handler = (controller.prototype as Record<string, Handler>)[name];
    const method = handler && (meta('method', handler) as RequestMethod | undefined);
    if (!handler || method === undefined) return [];
    const path = `/${base}/${meta('path', handler) as string}`.replace(/\/+$/, '');
    const access = (meta(ACCESS, handler) ?? meta(ACCESS, controller)) as Access | undefined;
    return [{ method: RequestMethod[method], path, access }];
  });
}

const key = ({ method, path }: Route) => `${method} ${path}`;

/** Those for agents and for what needs no identity, and those that plan without booking. */
const CHANGES_NOTHING_FOR_PEOPLE = [
  'PUT /v1/agent/observed',
  'POST /v1/agent/observed/unchanged',
  'POST /v1/enrol',
  'POST /v1/placement/explain',
  'POST /v1/placement/simulate',
];

const changing = () =>
  routes.filter(
    (route) => route.method !== 'GET' && !CHANGES_NOTHING_FOR_PEOPLE.includes(key(route)),
  );

const filled = (path: string) =>
  path
    .replace(':idOrName', 'nothing')
    .replace(/(dead-letters)\/:id/, '$1/1')
    .replace(':id', '00000000-0000-4000-8000-000000000000');

const made = async (name: string, role: string) =>
  api.as((await api.call<{ token: string }>('POST', '/v1/operators', { name, role })).token);

describe('every route', () => {
  it('is found by looking at the controllers, as the description has it', async () => {
    const { paths } = await api.call<{ paths: Record<string, object> }>('GET', '/openapi.json');
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
      ),
    );
    expect(routes.map(key).sort()).toEqual(described.sort());
  });

  it('says whom it allows', () => {
    expect(routes.filter(({ access }) => access === undefined).map(key)).toEqual([]);
  });

  it('but health, enrolment and the description wants to know who asks', async () => {
    const open = routes.filter(({ access }) => access === 'anyone').map(key);
    expect(open.sort()).toEqual(['GET /health/live', 'GET /health/ready', 'POST /v1/enrol']);
    for (const route of routes.filter(({ access }) => access !== 'anyone')) {
      const { status } = await api.as(undefined).request(route.method, filled(route.path));
      expect([key(route), status]).toEqual([key(route), 401]);
    }
  });

  it('that changes something is closed to viewers', async () => {
    const viewer = await made('looks-only', 'viewer');
    for (const route of changing()) {
      const { body } = await viewer.request<Problem>(route.method, filled(route.path), {});
      expect([key(route), body.code]).toEqual([key(route), 'forbidden']);
    }
  });

  it('for administrators is closed to operators, and those for hosts to every person', async () => {
    const operator = await made('operates', 'operator');
    for (const route of routes.filter(({ access }) => access === 'administrator')) {
      const { status } = await operator.request(route.method, filled(route.path));
      expect([key(route), status]).toEqual([key(route), 403]);
    }
    for (const route of routes.filter(({ access }) => access === 'host')) {
      const { status } = await api.request(route.method, filled(route.path));
      expect([key(route), status]).toEqual([key(route), 401]);
    }
  });
});

describe('the audit log', () => {
  const audit = async (query = '') =>
    (await api.call<{ items: AuditEntry[] }>('GET', `/v1/audit?limit=1000${query}`)).items;

  /** One request for each route that changes something, in an order in which each succeeds. */
  async function changes(): Promise<[string, string, object | undefined][]> {
    const agent = await FakeAgent.enrol(api, 'audited', 4);
    const pool = await api.createPool('kept');
    const spare = await api.createSpare(pool.id, agent.hostId, agent.diskId(1));
    const target = await api.createTarget({
      ...{ hostId: agent.hostId, poolId: pool.id, name: 'r0' },
      mainDeviceId: agent.diskId(2),
    });
    await eventually(async () => (await api.leases(target.id)).length === 1);
    const other = await api.createSpare(pool.id, agent.hostId, agent.diskId(3));
    const letters = await sql<{ id: string }>(
      backing.databaseUrl,
      `INSERT INTO failed_message (kind, subject_id, state, attempts, last_error, first_failed_at,
                                   last_failed_at, next_attempt_at)
       SELECT 'deliver', id, 'dead', 12, 'x', now(), now(), now()
       FROM unnest($1::uuid[]) id RETURNING id`,
      [[agent.hostId, pool.id]],
    );
    const where = { poolId: pool.id, hostId: agent.hostId };
    return [
      ['POST /v1/enrolment-tokens', '/v1/enrolment-tokens', {}],
      ['POST /v1/operators', '/v1/operators', { name: 'short-lived', role: 'viewer' }],
      ['DELETE /v1/operators/:idOrName', '/v1/operators/short-lived', undefined],
      ['PATCH /v1/hosts/:idOrName', '/v1/hosts/audited', { cordoned: true }],
      ['POST /v1/pools', '/v1/pools', { name: 'new' }],
      ['PATCH /v1/pools/:idOrName', '/v1/pools/new', { policy: { lowWaterBlocks: 7 } }],
      ['DELETE /v1/pools/:idOrName', '/v1/pools/new', undefined],
      ['PATCH /v1/spares/:id', `/v1/spares/${spare.id}`, { draining: true }],
      ['DELETE /v1/spares/:id', `/v1/spares/${other.id}`, undefined],
      ['POST /v1/spares', '/v1/spares', { ...where, deviceId: agent.diskId(3) }],
      ['DELETE /v1/targets/:idOrName', `/v1/targets/${target.id}`, undefined],
      ['POST /v1/targets', '/v1/targets', { ...where, name: 'r1', mainDeviceId: agent.diskId(4) }],
      ['POST /v1/targets/:idOrName/leases', '/v1/targets/r1/leases', {}],
      [
        'POST /v1/queue/dead-letters/:id/retry',
        `/v1/queue/dead-letters/${letters[0]?.id}/retry`,
        undefined,
      ],
      ['DELETE /v1/queue/dead-letters/:id', `/v1/queue/dead-letters/${letters[1]?.id}`, undefined],
    ];
  }

  it('has one entry for every route that changes something, with who did it and why', async () => {
    const todo = await changes();
    const covered = todo.map(([route]) => route);
    expect(covered.sort()).toEqual(changing().map(key).sort());
    const alice = await made('alice', 'administrator');
    for (const [route, path, body] of todo) {
      const before = (await audit()).length;
      const method = route.slice(0, route.indexOf(' '));
      const headers = {
        'x-reason': encodeURIComponent(`für ${route}`),
        'idempotency-key': `k${before}`,
      };
      const { status, body: answer } = await alice.request(method, path, body, headers);
      expect([route, status < 300, answer]).toEqual([route, true, answer]);
      const entries = await audit();
      expect([route, entries.length - before]).toEqual([route, 1]);
      expect(entries[0]).toMatchObject({
        ...{ actor: 'alice', role: 'administrator', reason: `für ${route}` },
      });
    }
  });

  it('says what was before an update and what is after it', async () => {
    const [entry] = await audit('&action=pool.update');
    expect(entry?.detail).toMatchObject({
      name: 'new',
      before: { policy: { lowWaterBlocks: 256 } },
      after: { policy: { lowWaterBlocks: 7 } },
    });
    expect((await audit('&action=spare.update'))[0]?.detail).toMatchObject({
      before: { cordoned: false, draining: false },
      after: { cordoned: true, draining: true },
    });
  });

  it('has the hosts that enrolled', async () => {
    expect((await audit('&action=host.enrol'))[0]).toMatchObject({
      ...{ actor: 'audited', role: 'host' },
      detail: { machineId: 'machine-audited' },
    });
  });

  it('is searched by who, what, which and when, page by page', async () => {
    const all = await audit();
    expect(await audit('&actor=alice')).toEqual(all.filter(({ actor }) => actor === 'alice'));
    expect(await audit('&action=pool')).toEqual(
      all.filter(({ action }) => action.startsWith('pool.')),
    );
    const pool = await api.call<Pool>('GET', '/v1/pools/kept');
    expect(await audit(`&subject=${pool.id}`)).toMatchObject([{ action: 'pool.create' }]);
    const since = all[3]?.at ?? '';
    expect(await audit(`&since=${since}`)).toEqual(all.slice(0, 4));
    const found: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { items: AuditEntry[]; nextCursor: string | null } = await api.call(
        'GET',
        `/v1/audit?actor=alice&limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      found.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(found).toEqual((await audit('&actor=alice')).map(({ id }) => id));
  });

  it('cannot be changed or shortened, not even by the database user of the manager', async () => {
    for (const attempt of ["UPDATE audit SET reason = 'x'", 'DELETE FROM audit', 'TRUNCATE audit'])
      await expect(sql(backing.databaseUrl, attempt)).rejects.toThrow('append-only');
  });

  it('refuses a reason that is a book', async () => {
    const headers = { 'x-reason': 'x'.repeat(1001) };
    const { body } = await api.request<Problem>('POST', '/v1/pools', { name: 'n' }, headers);
    expect(body.code).toBe('reason-too-long');
  });
});
