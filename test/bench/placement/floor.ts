import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { listOfTexts, textsOf } from '../../../src/manager/database/json-list.js';
import { Tx } from '../../../src/manager/database/tx.js';
import { SPARE_SECTORS, writeNeedsOf } from './fleet.js';

/** Needs in one transaction, as the manager's planner has them. */
const BATCH = 256;

/** More or fewer are not faster on two cores. */
const CONNECTIONS = 3;

/** What the manager wrote for one need. */
interface Placed {
  targetId: string;
  hostId: string;
  spareId: string;
  offset: number;
  length: number;
  generation: number;
  totalBlocks: number;
  /** JSON texts, as they lie in the books, and what the event says. */
  conditions: string;
  decision: string;
  message: string;
  data: string;
}

/** To be written again for another need of the same target. */
interface Row extends Placed {
  needId: string;
}

/** So far above what the manager has lent, on the same spares, the extents of the first round lie. */
const ABOVE = SPARE_SECTORS / 2;

/** Between the extents of one round and those of the next. */
const ROUND = SPARE_SECTORS / 64;

/**
 * SQL alone that writes what placing these needs wrote: once more in each round, for needs of the same targets,
 * each lease on the same spare with its constraint and its facts, the need, the target with its conditions, the
 * host's desired generation, the outbox, the decision and the event. No need is looked up, nothing is planned,
 * locked or explained. They are written in the order in which the manager granted them, so with the needs of a host
 * together where it had them together; each connection has hosts of its own, so that none waits for another.
 *
 * The manager is to be gone: it would take up what is left in the outbox.
 */
export class Floor {
  private constructor(
    private readonly clients: readonly [Client, ...Client[]],
    private readonly placed: readonly Placed[],
  ) {}

  static async open(databaseUrl: string, needIds: readonly string[]): Promise<Floor> {
    const first = await connected(databaseUrl);
    const others = await Promise.all(
      Array.from({ length: CONNECTIONS - 1 }, () => connected(databaseUrl)),
    );
    const clients = [first, ...others] as const;
    try {
      return new Floor([...clients], await placedOf(first, needIds));
    } catch (error) {
      await Promise.all(clients.map((client) => client.end()));
      throw error;
    }
  }

  /** Records the needs of a round, counted from 0; what it answers writes them, at so many per second. */
  async round(round: number): Promise<() => Promise<number>> {
    const { clients, placed } = this;
    const targetIds = placed.map(({ targetId }) => targetId);
    const again = await writeNeedsOf(clients[0], targetIds, `floor-${round}`);
    const rows = placed.map((row, n) => ({
      ...row,
      needId: again[n] ?? '',
      offset: row.offset + ABOVE + round * ROUND,
    }));
    const shares = clients.map((_, share) =>
      batchesOf(
        rows.filter(
          ({ hostId }) => Number.parseInt(hostId.slice(-4), 16) % clients.length === share,
        ),
      ),
    );
    return async () => {
      const start = performance.now();
      await Promise.all(
        clients.map(async (client, share) => {
          for (const batch of shares[share] ?? []) await write(client, batch);
        }),
      );
      return rows.length / ((performance.now() - start) / 1000);
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.end()));
  }
}

async function connected(databaseUrl: string): Promise<Client> {
  const client = new Client({
    connectionString: databaseUrl,
    options: '-c random_page_cost=1.1',
    pipeline: true,
  });
  await client.connect();
  return client;
}

async function placedOf(client: Client, needIds: readonly string[]): Promise<Placed[]> {
  const { rows } = await client.query<Placed>(
    `SELECT lease.target_id AS "targetId", target.host_id AS "hostId", spare_id AS "spareId",
            lower(extent)::float8 AS "offset",
            (upper(extent) - lower(extent))::float8 AS length, generation::float8,
            total_blocks::float8 AS "totalBlocks", target.conditions::text, body::text AS decision,
            event.message, data::text
     FROM unnest($1::uuid[]) AS given (id)
       JOIN lease ON lease.need_id = given.id JOIN target ON target.id = lease.target_id
       JOIN decision ON decision.need_id = given.id AND outcome = 'placed'
       JOIN event ON event.type = 'lease.granted' AND (data->>'needId')::uuid = given.id
     ORDER BY lease.seq`,
    [needIds],
  );
  if (rows.length !== needIds.length)
    throw new Error(`of ${needIds.length} needs the books tell how ${rows.length} were placed`);
  return rows;
}

function batchesOf(rows: readonly Row[]): Row[][] {
  const batches: Row[][] = [];
  for (let at = 0; at < rows.length; at += BATCH) batches.push(rows.slice(at, at + BATCH));
  return batches;
}

/** As the manager does: in one transaction that travels as a whole. */
async function write(client: Client, rows: readonly Row[]): Promise<void> {
  const texts = (of: (row: Row) => string) => listOfTexts(rows.map(of));
  const needs = rows.map(({ needId }) => needId);
  const targets = rows.map(({ targetId }) => targetId);
  const hosts = [...new Set(rows.map(({ hostId }) => hostId))];
  const conditions = new Map(rows.map((row) => [row.targetId, row.conditions]));
  const tx = new Tx(client);
  await Promise.all([
    tx.begin(),
    tx.query(
      `INSERT INTO lease (id, target_id, spare_id, need_id, extent, generation, total_blocks, state,
                          created_at)
       SELECT id, target_id, spare_id, need_id, int8range("offset", "offset" + length), generation,
              total_blocks, 'granted', clock_timestamp()
       FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[],
                   $7::bigint[], $8::bigint[])
         AS booking (id, target_id, spare_id, need_id, "offset", length, generation, total_blocks)`,
      [
        rows.map(() => randomUUID()),
        targets,
        rows.map(({ spareId }) => spareId),
        needs,
        rows.map(({ offset }) => offset),
        rows.map(({ length }) => length),
        rows.map(({ generation }) => generation),
        rows.map(({ totalBlocks }) => totalBlocks),
      ],
    ),
    tx.query(
      `UPDATE need SET state = 'placed', message = NULL, attempts = attempts + 1,
              updated_at = clock_timestamp()
       WHERE id = ANY ($1::uuid[])`,
      [needs],
    ),
    tx.query(
      `UPDATE target SET desired_table_generation = desired_table_generation + 1,
              conditions = settled.conditions
       FROM unnest($1::uuid[], ${textsOf('$2')}::json[]) AS settled (id, conditions)
       WHERE target.id = settled.id`,
      [[...conditions.keys()], listOfTexts([...conditions.values()])],
    ),
    tx.query(
      `UPDATE host SET desired_generation = desired_generation + 1
       WHERE id = ANY ($1::uuid[])`,
      [hosts],
    ),
    tx.query(
      `INSERT INTO outbox (kind, subject_id, claimed_at, attempts)
       SELECT 'deliver', unnest($1::uuid[]), clock_timestamp(), 1`,
      [hosts],
    ),
    tx.query(
      `INSERT INTO decision (need_id, target_id, outcome, body)
       SELECT need_id, target_id, 'placed', body
       FROM unnest($1::uuid[], $2::uuid[], ${textsOf('$3')}::json[]) AS made (need_id, target_id, body)`,
      [needs, targets, texts(({ decision }) => decision)],
    ),
    tx.query(
      `INSERT INTO event (at, type, severity, host_id, target_id, message, data)
       SELECT clock_timestamp(), 'lease.granted', 'info', host_id, target_id, message, data
       FROM unnest($1::uuid[], $2::uuid[], ${textsOf('$3')}, ${textsOf('$4')}::jsonb[])
         AS made (host_id, target_id, message, data)`,
      [
        rows.map(({ hostId }) => hostId),
        targets,
        texts(({ message }) => message),
        texts(({ data }) => data),
      ],
    ),
    tx.commit(),
  ]);
}
