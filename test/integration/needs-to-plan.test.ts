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

async function need(host: string, state = 'open'): Promise<NeedId> {
  const [row] = await sql.query<{ id: NeedId }>(
    `INSERT INTO need (target_id, host_id, cause, state, request_key, sectors, next_attempt_at, created_at,
                       updated_at)
     SELECT id, host_id, 'low-water', $2, gen_random_uuid()::text, 8, now(), now(), now()
     FROM target WHERE name = $1 RETURNING id`,
    [host, state],
  );
  if (!row) throw new Error(`host ${host} has no target`);
  return row.id;
}

it('plans those that still wait in the order that is asked for, each once', async () => {
  const open = await need('a');
  const unmet = await need('b', 'unmet');
  const settled = await need('b', 'placed');
  const late = await need('a');
  const asked = [late, unmet, settled, open, unmet];
  const served = await toPlan(sql, asked);
  expect(served.map(({ id }) => id)).toEqual([late, unmet, open]);
});
