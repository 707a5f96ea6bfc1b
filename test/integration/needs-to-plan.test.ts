import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { NeedId } from '../../libs/contract';
import { booksAlone } from '../support/books-alone';
import { toPlan } from '../../src/manager/needs/needs.repository';

let sql: Awaited<ReturnType<typeof booksAlone>>;

beforeAll(async () => {
  sql = await booksAlone();
  await sql.query(`INSERT INTO pool (name, policy) VALUES ('p', '{}')`);
  for (const name of ['a', 'b']) {
    await sql.query(
      `WITH host AS (
         INSERT INTO host (name, machine_id, credential_hash)
         VALUES ($1, $1, sha256($1::text::bytea)) RETURNING id)
       INSERT INTO target (host_id, pool_id, name, main_device_id, main_disk_id, block_sectors,
                           length_sectors, state)
       SELECT host.id, pool.id, $1, 'wwn:' || $1, 'wwn:' || $1, 8, 1000, 'active' FROM host, pool`,
      [name],
    );
  }
});
afterAll(() => sql.close());

async function need(
  host: string,
  { priority = 1, urgency = 0, state = 'open' } = {},
): Promise<NeedId> {
  const [row] = await sql.query<{ id: NeedId }>(
    `INSERT INTO need (target_id, host_id, cause, state, request_key, sectors, priority, urgency,
                       next_attempt_at, created_at, updated_at)
     SELECT id, host_id, 'low-water', $4, gen_random_uuid()::text, 8, $2, $3, now(), now(), now()
     FROM target WHERE name = $1 RETURNING id`,
    [host, priority, urgency, state],
  );
  if (!row) throw new Error(`host ${host} has no target`);
  return row.id;
}

it('serves the urgent first, then with the oldest the others of its host that are as urgent', async () => {
  const a1 = await need('a');
  const b1 = await need('b');
  const settled = await need('b', { state: 'placed' });
  const a2 = await need('a');
  const soon = await need('b', { urgency: -1 });
  const urgent = await need('a', { priority: 0, urgency: 5 });
  const b2 = await need('b');
  const asked = [b2, b1, settled, a2, a1, soon, urgent];
  const served = await toPlan(sql, asked);
  expect(served.map(({ id }) => id)).toEqual([urgent, soon, a1, a2, b1, b2]);
});
