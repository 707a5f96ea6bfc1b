import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { HostId, NeedId, Spare } from '../../libs/contract/index.js';
import { DatabaseService, Tx } from '../../src/manager/database/database.service.js';
import { HostsService } from '../../src/manager/hosts/hosts.service.js';
import { FactsService } from '../../src/manager/placement/facts.service.js';
import { PlacementService } from '../../src/manager/placement/placement.service.js';
import { writeFleet, writeNeeds } from '../bench/placement/fleet';
import type { Api } from '../support/api';
import { overlappingLeases, sql } from '../support/database';
import { eventually, FakeAgent } from '../support/fake-agent';
import { startInProcess } from '../support/in-process';
import { newBacking, type Backing } from '../support/manager';

let app: NestFastifyApplication;
let api: Api;
/** With books of its own, that nobody has written anything into. */
let newcomer: NestFastifyApplication;
let fresh: Backing;
let database: DatabaseService;
let hosts: HostsService;
let facts: FactsService;

beforeAll(async () => {
  ({ app, api } = await startInProcess(await newBacking()));
  database = app.get(DatabaseService, { strict: false });
  hosts = app.get(HostsService, { strict: false });
  facts = app.get(FactsService, { strict: false });
  fresh = await newBacking();
  const other = await startInProcess(fresh);
  newcomer = other.app;
  for (const one of [api, other.api])
    await eventually(async () => (await one.request('GET', '/v1/status')).status === 200);
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await Promise.all([app.close(), newcomer.close()]);
});

/** How often the transaction reads spares, which each reading of facts does. */
function countReadings(tx: Tx): () => number {
  const asked = jest.spyOn(tx, 'query');
  return () => asked.mock.calls.filter(([text]) => text.includes('JOIN spare')).length;
}

interface Lender {
  agent: FakeAgent;
  id: HostId;
  spare: Spare;
}

/** A host with a spare and no target, so that nobody but the test plans for it. */
async function lender(name: string): Promise<Lender> {
  const pool = await api.createPool(name);
  const agent = await FakeAgent.enrol(api, name, 2);
  const spare = await api.createSpare(pool.id, agent.hostId, agent.diskId(1));
  return { agent, id: agent.hostId as HostId, spare };
}

const lockAndTake = async (tx: Tx, id: HostId) => facts.take(tx, await hosts.lockAll(tx, [id]));

/** What a plan does that changes nothing: the facts come back with the version that they have. */
async function plan(id: HostId): Promise<void> {
  await database.transaction(async (tx) => {
    const locked = await hosts.lockAll(tx, [id]);
    const taken = await facts.take(tx, locked);
    facts.keep(tx, taken, new Map(locked.map((host) => [host.id, host.factsVersion])));
  });
}

describe('facts that were read ahead', () => {
  it('are taken without another reading while nothing has changed', async () => {
    const { id, spare } = await lender('unchanged');
    await facts.readAhead([id, id]);
    await database.transaction(async (tx) => {
      const readings = countReadings(tx);
      const taken = await lockAndTake(tx, id);
      expect(readings()).toBe(0);
      expect(taken.get(id)?.spares.map((one) => one.id)).toEqual([spare.id]);
      expect(taken).toEqual(await facts.peek(tx, [id]));
    });
  });

  it('are read again under the lock when the books have changed since', async () => {
    const { id, spare } = await lender('changed');
    await facts.readAhead([id]);
    await api.call('PATCH', `/v1/spares/${spare.id}`, { cordoned: true });
    await database.transaction(async (tx) => {
      const taken = await lockAndTake(tx, id);
      expect(taken.get(id)?.spares).toMatchObject([{ id: spare.id, cordoned: true }]);
    });
  });

  it('are read after the versions that they are compared by', async () => {
    const { id } = await lender('order');
    const asked = jest.spyOn(Tx.prototype, 'query');
    await facts.readAhead([id]);
    const texts = asked.mock.calls
      .filter(([, parameters]) => JSON.stringify(parameters) === JSON.stringify([[id]]))
      .map(([text]) => text);
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.findIndex((text) => text.includes('facts_version'))).toBe(0);
  });

  it('are of so many hosts at once that looks do not take long', async () => {
    const reading = jest.spyOn(hosts, 'versionsOf');
    await facts.readAhead(Array.from({ length: 300 }, () => randomUUID() as HostId));
    expect(reading.mock.calls.map(([, ids]) => ids.length)).toEqual([256]);
  });

  it('are read by the plan itself when they could not be read ahead', async () => {
    const { id, spare } = await lender('unreadable');
    jest.spyOn(hosts, 'versionsOf').mockRejectedValueOnce(new Error('no such luck'));
    await facts.readAhead([id]);
    await database.transaction(async (tx) => {
      const taken = await lockAndTake(tx, id);
      expect(taken.get(id)?.spares.map((one) => one.id)).toEqual([spare.id]);
    });
  });

  it('are not read of a host that a plan has or had', async () => {
    const { id } = await lender('planned');
    await plan(id);
    const reading = jest.spyOn(hosts, 'versionsOf');
    await facts.readAhead([id]);
    await database.transaction(async (tx) => {
      await lockAndTake(tx, id);
      await facts.readAhead([id]);
    });
    expect(reading).not.toHaveBeenCalled();
  });

  it('are left to the plan that took the host meanwhile and learned of a neighbour', async () => {
    const { agent, id, spare } = await lender('overtaken');
    const known = await FakeAgent.enrol(api, 'known-neighbour', 1);
    const unknown = await FakeAgent.enrol(api, 'unknown-neighbour', 1);
    const seesTheSpare = async (neighbour: FakeAgent) => {
      neighbour.disks.push(agent.disk(1));
      await neighbour.report();
    };
    await seesTheSpare(known);
    let goOn: () => void = () => undefined;
    const overtaken = new Promise<void>((resolve) => (goOn = resolve));
    const versionsOf = hosts.versionsOf.bind(hosts);
    let begun: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    jest.spyOn(hosts, 'versionsOf').mockImplementationOnce(async (tx, ids) => {
      const versions = await versionsOf(tx, ids);
      begun();
      await overtaken;
      return versions;
    });
    const ahead = facts.readAhead([id]);
    await hasBegun;
    await seesTheSpare(unknown);
    await plan(id);
    goOn();
    await ahead;
    expect(facts.neighboursOf([id]).sort()).toEqual([known.hostId, unknown.hostId].sort());
    await database.transaction(async (tx) => {
      const readings = countReadings(tx);
      const taken = await lockAndTake(tx, id);
      expect(readings()).toBe(0);
      expect(taken.get(id)?.spares.map((one) => one.id)).toEqual([spare.id]);
    });
  });

  it('serve a burst of needs on hosts that the manager has never heard of', async () => {
    const { databaseUrl } = fresh;
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    let needIds: NeedId[];
    try {
      await writeFleet(client, { hosts: 60, sparesPerHost: 10 });
      needIds = (await writeNeeds(client, 600, 1)) as NeedId[];
    } finally {
      await client.end();
    }
    const readings = jest.spyOn(newcomer.get(HostsService, { strict: false }), 'versionsOf');
    await newcomer.get(PlacementService, { strict: false }).place(needIds);
    expect(readings).toHaveBeenCalledTimes(1);
    const states = await sql(
      databaseUrl,
      'SELECT state, count(*)::int FROM need WHERE id = ANY ($1::uuid[]) GROUP BY state',
      [needIds],
    );
    expect(states).toEqual([{ state: 'placed', count: needIds.length }]);
    expect(await overlappingLeases(databaseUrl)).toEqual([]);
  });
});
