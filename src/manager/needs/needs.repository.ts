import type {
  HostId,
  Need,
  NeedId,
  NeedState,
  PoolId,
  Sectors,
  TargetId,
} from '../../../libs/contract/index.js';
import type { Sql } from '../database/database.service.js';
import { SEQ_KEY, type Keyed, type PageRequest } from '../paging.js';

export interface NewNeed {
  targetId: TargetId;
  hostId: HostId;
  cause: Need['cause'];
  requestKey: string;
  sectors: Sectors;
}

const COLUMNS = `
  need.id, need.target_id AS "targetId", target.name AS "targetName", need.host_id AS "hostId",
  need.cause, need.state, need.request_key AS "requestKey", need.sectors, need.attempts, need.message,
  need.created_at AS "createdAt", need.updated_at AS "updatedAt"`;
const FROM = 'FROM need JOIN target ON target.id = need.target_id';

/** The id of the new need; undefined when the request key was used before. */
export async function insertNeed(sql: Sql, need: NewNeed): Promise<NeedId | undefined> {
  const [row] = await sql.query<{ id: NeedId }>(
    `INSERT INTO need (target_id, host_id, cause, request_key, sectors, created_at, updated_at,
                       next_attempt_at)
     VALUES ($1, $2, $3, $4, $5, clock_timestamp(), clock_timestamp(),
             clock_timestamp() + interval '5 s')
     ON CONFLICT (request_key) DO NOTHING RETURNING id`,
    [need.targetId, need.hostId, need.cause, need.requestKey, need.sectors],
  );
  return row?.id;
}

export async function needByKey(sql: Sql, requestKey: string): Promise<Need | undefined> {
  const [row] = await sql.query<Need>(`SELECT ${COLUMNS} ${FROM} WHERE request_key = $1`, [
    requestKey,
  ]);
  return row;
}

export async function needById(sql: Sql, id: NeedId): Promise<Need | undefined> {
  const [row] = await sql.query<Need>(`SELECT ${COLUMNS} ${FROM} WHERE need.id = $1`, [id]);
  return row;
}

export async function lockNeed(sql: Sql, id: NeedId): Promise<Need | undefined> {
  const [row] = await sql.query<Need>(
    `SELECT ${COLUMNS} ${FROM} WHERE need.id = $1 FOR UPDATE OF need`,
    [id],
  );
  return row;
}

/** Compare and set; the next look at an unmet need is a minute away unless something changes. */
export async function setState(
  sql: Sql,
  id: NeedId,
  from: NeedState,
  to: NeedState,
  message: string | null,
): Promise<void> {
  await sql.query(
    `UPDATE need SET state = $3, message = $4, attempts = attempts + 1, updated_at = clock_timestamp(),
            next_attempt_at = clock_timestamp() + interval '60 s'
     WHERE id = $1 AND state = $2`,
    [id, from, to, message],
  );
}

export async function unfinishedOf(sql: Sql, targetId: TargetId): Promise<Need[]> {
  return sql.query<Need>(
    `SELECT ${COLUMNS} ${FROM} WHERE need.target_id = $1 AND need.state IN ('open', 'unmet', 'placed')
     ORDER BY need.seq FOR UPDATE OF need`,
    [targetId],
  );
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

/** Takes needs whose time has come, and puts their next time off so that nobody takes them twice. */
export async function takeDue(sql: Sql, limit: number): Promise<NeedId[]> {
  const rows = await sql.query<{ id: NeedId }>(
    `UPDATE need SET next_attempt_at = clock_timestamp() +
            CASE state WHEN 'open' THEN interval '5 s' ELSE interval '60 s' END
     WHERE id IN (SELECT id FROM need
                  WHERE state IN ('open', 'unmet') AND next_attempt_at < clock_timestamp()
                  ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING id`,
    [limit],
  );
  return rows.map(({ id }) => id);
}

/** Newest first. */
export async function listNeeds(
  sql: Sql,
  page: PageRequest,
  filter: { targetId: TargetId | null; state: NeedState | null },
): Promise<Keyed<Need>[]> {
  return sql.query<Keyed<Need>>(
    `SELECT ${SEQ_KEY('need.seq')} AS "pageKey", ${COLUMNS} ${FROM}
     WHERE ($1::text IS NULL OR need.seq < $1::bigint)
       AND ($3::uuid IS NULL OR need.target_id = $3) AND ($4::text IS NULL OR need.state = $4)
     ORDER BY need.seq DESC LIMIT $2`,
    [page.after, page.limit + 1, filter.targetId, filter.state],
  );
}
