import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

/** Needs in one transaction, as the manager's planner has them. */
export const BATCH = 256;

interface Row {
  needId: string;
  targetId: string;
  hostId: string;
  spareId: string;
  offset: number;
}

export interface Floor {
  perSecond: number;
  /** CPU that PostgreSQL took for each, in seconds. */
  cpuSeconds: number;
}

/**
 * The rate at which SQL alone writes what a placement writes: the lease with its constraint and its facts,
 * the need, the target, the host's desired generation, the outbox, the decision and the event. No need is
 * looked up, nothing is planned, locked or explained: where each lease goes is known beforehand.
 */
export async function floorRate(
  databaseUrl: string,
  needIds: readonly string[],
  decisionBytes: number,
  cpu: () => Promise<number>,
): Promise<Floor> {
  const clients = await Promise.all(
    [1, 2].map(async () => {
      const client = new Client({
        connectionString: databaseUrl,
        options: '-c random_page_cost=1.1',
      });
      await client.connect();
      return client;
    }),
  );
  const [first] = clients;
  if (!first) throw new Error('no connection');
  const { rows } = await first.query<Row>(
    `SELECT need.id AS "needId", need.target_id AS "targetId", need.host_id AS "hostId",
            spare.id AS "spareId",
            (2048 + 16384 * (row_number() OVER (PARTITION BY spare.id) + 100000))::float8 AS "offset"
     FROM need JOIN target ON target.id = target_id
       JOIN LATERAL (SELECT id FROM spare WHERE spare.host_id = need.host_id ORDER BY id LIMIT 1) spare ON true
     WHERE need.id = ANY ($1::uuid[]) ORDER BY need.host_id`,
    [needIds],
  );
  const batches: Row[][] = [];
  for (let at = 0; at < rows.length; at += BATCH) batches.push(rows.slice(at, at + BATCH));
  const filler = JSON.stringify({ filler: 'x'.repeat(Math.max(0, decisionBytes - 14)) });
  const cpuBefore = await cpu();
  const start = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      for (let batch = batches.shift(); batch; batch = batches.shift())
        await write(client, batch, filler);
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const cpuSeconds = ((await cpu()) - cpuBefore) / rows.length;
  await Promise.all(clients.map((client) => client.end()));
  return { perSecond: rows.length / seconds, cpuSeconds };
}

async function write(client: Client, rows: readonly Row[], decision: string): Promise<void> {
  const needs = rows.map(({ needId }) => needId);
  const targets = rows.map(({ targetId }) => targetId);
  const hosts = [...new Set(rows.map(({ hostId }) => hostId))];
  await client.query('BEGIN');
  await client.query(
    `INSERT INTO lease (id, target_id, spare_id, need_id, extent, generation, total_blocks, state,
                        created_at)
     SELECT id, target_id, spare_id, need_id, int8range("offset", "offset" + 16384), 1, 2000, 'granted',
            clock_timestamp()
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[])
       AS booking (id, target_id, spare_id, need_id, "offset")`,
    [
      rows.map(() => randomUUID()),
      targets,
      rows.map(({ spareId }) => spareId),
      needs,
      rows.map(({ offset }) => offset),
    ],
  );
  await client.query(
    `UPDATE need SET state = 'placed', attempts = attempts + 1, updated_at = clock_timestamp(),
            next_attempt_at = clock_timestamp() + interval '1 hour', planned_on = '{1,1}'
     WHERE id = ANY ($1::uuid[])`,
    [needs],
  );
  await client.query(
    `UPDATE target SET desired_table_generation = desired_table_generation + 1,
            conditions = '[{"type":"SpareSpace","status":"True","reason":"LeaseGranted"}]'
     WHERE id = ANY ($1::uuid[])`,
    [targets],
  );
  await client.query(
    `UPDATE host SET desired_generation = desired_generation + 1, desired_since = now()
     WHERE id = ANY ($1::uuid[])`,
    [hosts],
  );
  await client.query(`INSERT INTO outbox (kind, subject_id) SELECT 'deliver', unnest($1::uuid[])`, [
    hosts,
  ]);
  await client.query(
    `INSERT INTO decision (need_id, target_id, outcome, body)
     SELECT need_id, target_id, 'placed', $3::json
     FROM unnest($1::uuid[], $2::uuid[]) AS made (need_id, target_id)`,
    [needs, targets, decision],
  );
  await client.query(
    `INSERT INTO event (at, type, severity, target_id, message, data)
     SELECT clock_timestamp(), 'lease.granted', 'info', target_id,
            '16384 sectors lent', jsonb_build_object('needId', need_id, 'cause', 'low-water')
     FROM unnest($1::uuid[], $2::uuid[]) AS made (need_id, target_id)`,
    [needs, targets],
  );
  await client.query('COMMIT');
}
