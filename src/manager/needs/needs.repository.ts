import {
  NeedPriority,
  type BlockSectors,
  type Condition,
  type Generation,
  type HostId,
  type Need,
  type NeedId,
  type NeedState,
  type PoolId,
  type Sectors,
  type TargetId,
} from '../../../libs/contract/index.js';
import type { Sql, Statement } from '../database/database.service.js';
import { SEQ_KEY, type Keyed, type PageRequest } from '../paging.js';

export interface NewNeed {
  targetId: TargetId;
  hostId: HostId;
  cause: Need['cause'];
  requestKey: string;
  sectors: Sectors;
  priority: NeedPriority;
  /** Among those of one priority the lower comes first. */
  urgency: number;
}

/** The number in the books is the place in this list, so that the urgent come first. */
const PRIORITIES = NeedPriority.options;
const PRIORITY = `('{${PRIORITIES.join(',')}}'::text[])[need.priority + 1] AS priority`;

const COLUMNS = `
  need.id, need.target_id AS "targetId", target.name AS "targetName", need.host_id AS "hostId",
  host.name AS "hostName", need.cause, need.state, ${PRIORITY},
  need.request_key AS "requestKey", need.sectors, need.attempts, need.message,
  need.created_at AS "createdAt", need.updated_at AS "updatedAt"`;
const FROM = 'FROM need JOIN target ON target.id = need.target_id';
const FROM_WITH_HOST = `${FROM} JOIN host ON host.id = need.host_id`;
const SHOWN = `SELECT ${COLUMNS} ${FROM_WITH_HOST}`;

/** The id of the new need; undefined when the request key was used before. */
export async function insertNeed(sql: Sql, need: NewNeed): Promise<NeedId | undefined> {
  const [row] = await sql.query<{ id: NeedId }>(
    `INSERT INTO need (target_id, host_id, cause, request_key, sectors, priority, urgency, created_at,
                       updated_at, next_attempt_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp(), clock_timestamp(),
             clock_timestamp() + interval '5 s')
     ON CONFLICT (request_key) DO NOTHING RETURNING id`,
    [
      ...[need.targetId, need.hostId, need.cause, need.requestKey, need.sectors],
      PRIORITIES.indexOf(need.priority),
      need.urgency,
    ],
  );
  return row?.id;
}

export async function needByKey(sql: Sql, requestKey: string): Promise<Need | undefined> {
  const [row] = await sql.query<Need>(`${SHOWN} WHERE request_key = $1`, [requestKey]);
  return row;
}

export async function needById(sql: Sql, id: NeedId): Promise<Need | undefined> {
  const [row] = await sql.query<Need>(`${SHOWN} WHERE need.id = $1`, [id]);
  return row;
}

/** A need that waits for a plan, with what planning and booking it takes. */
export interface WaitingNeed {
  id: NeedId;
  targetId: TargetId;
  targetName: string;
  hostId: HostId;
  poolId: PoolId;
  cause: Need['cause'];
  state: 'open' | 'unmet';
  priority: NeedPriority;
  /** Nothing forces it now: the blocks that are to move are well where they are. */
  voluntary: boolean;
  sectors: Sectors;
  blockSectors: BlockSectors;
  message: string | null;
  createdAt: string;
  /** When it was read to be planned. */
  readAt: string;
  tableGeneration: Generation;
  conditions: Condition[];
}

/** A need that waits for a plan, where, and what it is served by: lower numbers first. */
export interface Waiting {
  id: NeedId;
  hostId: HostId;
  priority: number;
  urgency: number;
  seq: number;
}

/**
 * Hidden from the index of those that wait: with it all of them would be gone through for each few that are
 * asked for by their ids.
 */
const WAITS = "need.state || '' IN ('open', 'unmet')";

export async function waiting(sql: Sql, ids: readonly NeedId[]): Promise<Waiting[]> {
  return sql.query<Waiting>(
    `SELECT id, host_id AS "hostId", priority, urgency, seq
     FROM need WHERE id = ANY ($1::uuid[]) AND ${WAITS}`,
    [ids],
  );
}

/**
 * In the order of the ids, each once. They are not locked, since whoever plans them holds the locks of their hosts;
 * who does not and changes one all the same is found out when it is settled.
 */
export async function toPlan(sql: Sql, ids: readonly NeedId[]): Promise<WaitingNeed[]> {
  const found = await sql.query<WaitingNeed>(
    `SELECT need.id, need.target_id AS "targetId", target.name AS "targetName",
            need.host_id AS "hostId", target.pool_id AS "poolId", need.cause, need.state, ${PRIORITY},
            need.cause = 'evacuation' AS voluntary, need.sectors,
            target.block_sectors AS "blockSectors", need.message, need.created_at AS "createdAt",
            statement_timestamp() AS "readAt", target.conditions,
            target.desired_table_generation AS "tableGeneration"
     ${FROM} WHERE need.id = ANY ($1::uuid[]) AND ${WAITS}`,
    [ids],
  );
  const byId = new Map(found.map((need) => [need.id, need]));
  return [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
}

/** Compare and set, all or none. */
export const setPlaced = (ids: readonly NeedId[]): Statement => [
  `WITH placed AS (
     UPDATE need SET state = 'placed', message = NULL, attempts = attempts + 1,
            updated_at = clock_timestamp()
     WHERE id = ANY ($1::uuid[]) AND ${WAITS} RETURNING id)
   SELECT all_or_none(count(*), $2) FROM placed`,
  [ids, ids.length],
];

/** A need that was planned in vain, and the version of its pool's facts that it was planned on. */
export interface Unmet {
  id: NeedId;
  message: string;
  retryAfterMs: number;
  poolVersion: number;
}

/**
 * Compare and set, all or none, under the locks of the hosts. What they were planned on tells when they are worth
 * another look.
 */
export const setUnmet = (needs: readonly Unmet[]): Statement => [
  `WITH unmet AS (
     UPDATE need SET state = 'unmet', message = planned.message, attempts = attempts + 1,
            updated_at = clock_timestamp(),
            next_attempt_at = clock_timestamp() + make_interval(secs => retry_ms / 1000),
            planned_on = ARRAY[host.facts_version, planned.pool_version]
     FROM unnest($1::uuid[], $2::text[], $3::float8[], $4::bigint[])
       AS planned (id, message, retry_ms, pool_version), host
     WHERE need.id = planned.id AND host.id = need.host_id AND ${WAITS} RETURNING need.id)
   SELECT all_or_none(count(*), $5) FROM unmet`,
  [
    needs.map(({ id }) => id),
    needs.map(({ message }) => message),
    needs.map(({ retryAfterMs }) => retryAfterMs),
    needs.map(({ poolVersion }) => poolVersion),
    needs.length,
  ],
];

export async function lockNeed(sql: Sql, id: NeedId): Promise<Need | undefined> {
  const [row] = await sql.query<Need>(`${SHOWN} WHERE need.id = $1 FOR UPDATE OF need`, [id]);
  return row;
}

/** Compare and set. */
export async function setState(
  sql: Sql,
  id: NeedId,
  from: NeedState,
  to: NeedState,
  message: string | null,
): Promise<void> {
  await sql.query(
    `UPDATE need SET state = $3, message = $4, attempts = attempts + 1, updated_at = clock_timestamp(),
            next_attempt_at = clock_timestamp() + interval '1 hour'
     WHERE id = $1 AND state = $2`,
    [id, from, to, message],
  );
}

/** Of needs that are placed; others stay as they are. */
export async function setFulfilled(sql: Sql, ids: readonly NeedId[]): Promise<void> {
  await sql.query(
    `UPDATE need SET state = 'fulfilled', message = NULL, attempts = attempts + 1,
            updated_at = clock_timestamp(), next_attempt_at = clock_timestamp() + interval '1 hour'
     WHERE id = ANY ($1::uuid[]) AND state = 'placed'`,
    [ids],
  );
}

export async function unfinishedOf(sql: Sql, targetId: TargetId): Promise<Need[]> {
  return sql.query<Need>(
    `${SHOWN} WHERE need.target_id = $1 AND need.state IN ('open', 'unmet', 'placed')
     ORDER BY need.seq FOR UPDATE OF need`,
    [targetId],
  );
}

/** Sets how much the needs of a target press that wait for a plan; the answer is those that do so more than before. */
export async function setPressure(
  sql: Sql,
  targetId: TargetId,
  { priority, urgency }: Pick<NewNeed, 'priority' | 'urgency'>,
): Promise<NeedId[]> {
  const rows = await sql.query<{ id: NeedId; before: number; now: number }>(
    `UPDATE need SET priority = $2, urgency = $3, updated_at = clock_timestamp()
     FROM need AS old
     WHERE need.target_id = $1 AND need.state IN ('open', 'unmet') AND old.id = need.id
       AND (need.priority, need.urgency) IS DISTINCT FROM ($2::smallint, $3::float8)
     RETURNING need.id, old.priority AS before, need.priority AS now`,
    [targetId, PRIORITIES.indexOf(priority), urgency],
  );
  return rows.filter(({ before, now }) => now < before).map(({ id }) => id);
}

/** Unmet needs that a change on a host or in a pool may have made possible. */
export async function unmetOf(
  sql: Sql,
  scope: { hostId?: HostId; poolId?: PoolId },
): Promise<NeedId[]> {
  const rows = await sql.query<{ id: NeedId }>(
    `SELECT need.id ${FROM} WHERE need.state = 'unmet'
       AND ($1::uuid IS NULL OR need.host_id = $1) AND ($2::uuid IS NULL OR target.pool_id = $2)
     ORDER BY need.seq`,
    [scope.hostId ?? null, scope.poolId ?? null],
  );
  return rows.map(({ id }) => id);
}

/**
 * Takes needs whose time has come, or which were planned on facts that have changed since, and puts them off
 * for a moment, so that nobody takes them again while they are looked at. What becomes of them is for the plan
 * to say: one whose message is lost is due again after that moment. One whose message failed is left to it.
 */
export async function takeDue(sql: Sql, limit: number): Promise<NeedId[]> {
  const rows = await sql.query<{ id: NeedId }>(
    `WITH wanted AS MATERIALIZED (
       SELECT id FROM need WHERE state IN ('open', 'unmet') AND next_attempt_at < now()
       UNION
       SELECT need.id ${FROM} JOIN host ON host.id = need.host_id JOIN pool ON pool.id = target.pool_id
       WHERE need.state = 'unmet' AND planned_on <> ARRAY[host.facts_version, pool.facts_version]),
     due AS MATERIALIZED (
       SELECT need.id FROM need JOIN wanted USING (id)
       WHERE ${WAITS} AND NOT EXISTS (
         SELECT FROM failed_message WHERE kind = 'place' AND subject_id = need.id OFFSET 0)
       ORDER BY need.priority, need.urgency, need.seq LIMIT $1 FOR UPDATE OF need SKIP LOCKED)
     UPDATE need SET next_attempt_at = clock_timestamp() + interval '5 s', planned_on = NULL
     FROM due WHERE need.id = due.id RETURNING need.id`,
    [limit],
  );
  return rows.map(({ id }) => id);
}

/** Null for any. */
export interface NeedFilter {
  targetId: TargetId | null;
  hostId: HostId | null;
  poolId: PoolId | null;
  state: NeedState | null;
  priority: NeedPriority | null;
}

/** Newest first. Planned anew, since which index serves depends on what is filtered by. */
export async function listNeeds(
  sql: Sql,
  page: PageRequest,
  filter: NeedFilter,
): Promise<Keyed<Need>[]> {
  return sql.query<Keyed<Need>>(
    `SELECT ${SEQ_KEY('need.seq')} AS "pageKey", ${COLUMNS} ${FROM_WITH_HOST}
     WHERE ($1::text IS NULL OR need.seq < $1::bigint)
       AND ($3::uuid IS NULL OR need.target_id = $3) AND ($4::text IS NULL OR need.state = $4)
       AND ($5::uuid IS NULL OR need.host_id = $5) AND ($6::uuid IS NULL OR target.pool_id = $6)
       AND ($7::smallint IS NULL OR need.priority = $7)
     ORDER BY need.seq DESC LIMIT $2`,
    [
      ...[page.after, page.limit + 1, filter.targetId, filter.state, filter.hostId, filter.poolId],
      filter.priority && PRIORITIES.indexOf(filter.priority),
    ],
    'anew',
  );
}
