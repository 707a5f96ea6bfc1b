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

/** What the manager wrote for one need, which is written again for each. */
interface Sample {
  decision: string;
  message: string;
  data: string;
  conditions: string;
}

export interface Floor {
  perSecond: number;
  /** CPU that PostgreSQL took for each, in seconds. */
  cpuSeconds: number;
}

/**
 * The rate at which SQL alone writes what a placement writes: the lease with its constraint and its facts,
 * the need, the target, the host's desired generation, the outbox, the decision and the event. No need is
 * looked up, nothing is planned, locked or explained: where each lease goes is known beforehand. The needs are
 * written in the order given, as the manager has to take them; each connection has hosts of its own, so that
 * none waits for another.
 */
export async function floorRate(
  databaseUrl: string,
  needIds: readonly string[],
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
       JOIN unnest($1::uuid[]) WITH ORDINALITY AS given (id, n) ON given.id = need.id
     ORDER BY given.n`,
    [needIds],
  );
  const shares = clients.map((_, share) =>
    batchesOf(
      rows.filter(({ hostId }) => Number.parseInt(hostId.slice(-4), 16) % clients.length === share),
    ),
  );
  const sample = await sampleOf(first);
  const cpuBefore = await cpu();
  const start = performance.now();
  await Promise.all(
    clients.map(async (client, share) => {
      for (const batch of shares[share] ?? []) await write(client, batch, sample);
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const cpuSeconds = ((await cpu()) - cpuBefore) / rows.length;
  await Promise.all(clients.map((client) => client.end()));
  return { perSecond: rows.length / seconds, cpuSeconds };
}

async function sampleOf(client: Client): Promise<Sample> {
  const { rows } = await client.query<Sample>(
    `SELECT body::text AS decision, event.message, event.data::text AS data,
            target.conditions::text AS conditions
     FROM decision JOIN target ON target.id = decision.target_id
       JOIN event ON event.target_id = target.id AND event.type = 'lease.granted'
     ORDER BY decision.seq DESC LIMIT 1`,
  );
  const [sample] = rows;
  if (!sample) throw new Error('the manager has granted nothing that the floor could write again');
  return sample;
}

function batchesOf(rows: readonly Row[]): Row[][] {
  const batches: Row[][] = [];
  for (let at = 0; at < rows.length; at += BATCH) batches.push(rows.slice(at, at + BATCH));
  return batches;
}

async function write(client: Client, rows: readonly Row[], sample: Sample): Promise<void> {
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
    `UPDATE need SET state = 'placed', message = NULL, attempts = attempts + 1,
            updated_at = clock_timestamp()
     WHERE id = ANY ($1::uuid[])`,
    [needs],
  );
  await client.query(
    `UPDATE target SET desired_table_generation = desired_table_generation + 1, conditions = $2::jsonb
     WHERE id = ANY ($1::uuid[])`,
    [targets, sample.conditions],
  );
  await client.query(
    `UPDATE host SET desired_generation = desired_generation + 1, desired_since = now()
     WHERE id = ANY ($1::uuid[])`,
    [hosts],
  );
  await client.query(
    `INSERT INTO outbox (kind, subject_id, claimed_at, attempts)
     SELECT 'deliver', unnest($1::uuid[]), clock_timestamp(), 1`,
    [hosts],
  );
  await client.query(
    `INSERT INTO decision (need_id, target_id, outcome, body)
     SELECT need_id, target_id, 'placed', $3::json
     FROM unnest($1::uuid[], $2::uuid[]) AS made (need_id, target_id)`,
    [needs, targets, sample.decision],
  );
  await client.query(
    `INSERT INTO event (at, type, severity, host_id, target_id, message, data)
     SELECT clock_timestamp(), 'lease.granted', 'info', host_id, target_id, $3::text, $4::jsonb
     FROM unnest($1::uuid[], $2::uuid[]) AS made (host_id, target_id)`,
    [rows.map(({ hostId }) => hostId), targets, sample.message, sample.data],
  );
  await client.query('COMMIT');
}
