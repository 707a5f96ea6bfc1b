import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { booksAlone } from '../support/books-alone';

let sql: Awaited<ReturnType<typeof booksAlone>>;

beforeAll(async () => {
  sql = await booksAlone();
});
afterAll(() => sql.close());

/** Microseconds since 1970, of which an id has a 4096th of a millisecond. */
function microsOf(id: string): number {
  const digits = id.replaceAll('-', '');
  const fraction = Number.parseInt(digits.slice(13, 16), 16) / 4096;
  return (Number.parseInt(digits.slice(0, 12), 16) + fraction) * 1000;
}

it('makes ids of version 7 that tell the microsecond and do not repeat', async () => {
  const made = await sql.query<{ id: string; before: number; after: number }>(
    `WITH made AS MATERIALIZED (
       SELECT extract(epoch FROM clock_timestamp()) * 1000000 AS before, uuid_by_time() AS id,
              extract(epoch FROM clock_timestamp()) * 1000000 AS after
       FROM generate_series(1, 2000))
     SELECT id, before::float8, after::float8 FROM made`,
  );
  for (const { id, before, after } of made) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(microsOf(id)).toBeGreaterThan(before - 1);
    expect(microsOf(id)).toBeLessThanOrEqual(after);
  }
  expect(new Set(made.map(({ id }) => id)).size).toBe(2000);
});

it('gives hosts, spares, targets and needs ids that rise as they are recorded', async () => {
  await sql.query(`INSERT INTO pool (name, policy) VALUES ('p', '{}')`);
  const hosts = await sql.query<{ id: string }>(
    `INSERT INTO host (name, machine_id, credential_hash)
     SELECT n, n, sha256(n::text::bytea) FROM generate_series(1, 20) AS n RETURNING id`,
  );
  const spares = await sql.query<{ id: string }>(
    `INSERT INTO spare (pool_id, host_id, device_id, disk_id, size_sectors, lendable_sectors)
     SELECT pool.id, host.id, 'wwn:' || host.name, 'wwn:' || host.name, 100000, 90000 FROM host, pool RETURNING id`,
  );
  const targets = await sql.query<{ id: string }>(
    `INSERT INTO target (host_id, pool_id, name, main_device_id, main_disk_id, block_sectors,
                         length_sectors, state)
     SELECT host.id, pool.id, 't', 'wwn:t' || host.name, 'wwn:t' || host.name, 8, 1000, 'active'
     FROM host, pool RETURNING id`,
  );
  const needs = await sql.query<{ id: string }>(
    `INSERT INTO need (target_id, host_id, cause, request_key, sectors, next_attempt_at, created_at, updated_at)
     SELECT id, host_id, 'low-water', id::text, 8, now(), now(), now() FROM target RETURNING id`,
  );
  const inOrder = [hosts, spares, targets, needs].flat().map(({ id }) => id);
  expect(inOrder).toHaveLength(80);
  expect([...inOrder].sort()).toEqual(inOrder);
});
