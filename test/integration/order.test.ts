import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Client } from 'pg';
import type { NeedId } from '../../libs/contract';
import { PlacementService } from '../../src/manager/placement/placement.service';
import { writeFleet } from '../bench/placement/fleet';
import { eventually } from '../support/fake-agent';
import { startInProcess } from '../support/in-process';
import { newBacking } from '../support/manager';

let app: NestFastifyApplication;
let client: Client;

beforeAll(async () => {
  const backing = await newBacking();
  const manager = await startInProcess(backing);
  app = manager.app;
  await eventually(async () => (await manager.api.request('GET', '/v1/status')).status === 200);
  client = new Client({ connectionString: backing.databaseUrl });
  await client.connect();
  await writeFleet(client, { hosts: 2, sparesPerHost: 10 });
});
afterAll(async () => {
  await client.end();
  await app.close();
});

/** Of the first target of one of the two hosts; nobody but the test asks for it to be placed. */
async function need(
  host: 1 | 2,
  { priority = 1, urgency = 0, state = 'open' } = {},
): Promise<NeedId> {
  const { rows } = await client.query<{ id: NeedId }>(
    `INSERT INTO need (target_id, host_id, cause, state, request_key, sectors, priority, urgency,
                       next_attempt_at, created_at, updated_at)
     SELECT target.id, host_id, 'low-water', $4, gen_random_uuid()::text, 2048, $2, $3,
            now() + interval '1 day', now(), now()
     FROM target JOIN host ON host.id = host_id
     WHERE host.name = $1 AND target.name = 't0' RETURNING id`,
    [`host-0000${host}`, priority, urgency, state],
  );
  const [row] = rows;
  if (!row) throw new Error(`host ${host} has no target`);
  return row.id;
}

it('serves the urgent first, then with the oldest the others of its host that are as urgent', async () => {
  const a1 = await need(1);
  const b1 = await need(2);
  const settled = await need(2, { state: 'placed' });
  const a2 = await need(1);
  const soon = await need(2, { urgency: -1 });
  const urgent = await need(1, { priority: 0, urgency: 5 });
  const b2 = await need(2);
  const asked = [b2, b1, settled, a2, a1, soon, urgent];
  await app.get(PlacementService, { strict: false }).place(asked);
  const { rows } = await client.query<{ id: NeedId }>(
    'SELECT need_id AS id FROM lease WHERE need_id = ANY ($1::uuid[]) ORDER BY seq',
    [asked],
  );
  expect(rows.map(({ id }) => id)).toEqual([urgent, soon, a1, a2, b1, b2]);
});
