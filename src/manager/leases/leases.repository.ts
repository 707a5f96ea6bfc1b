import type {
  Generation,
  HostId,
  Lease,
  LeaseId,
  LeaseState,
  Need,
  NeedId,
  ObservedLease,
  SpareId,
  TargetId,
} from '../../../libs/contract/index.js';
import type { Sql } from '../database/database.service.js';
import { SEQ_KEY, type Keyed, type PageRequest } from '../paging.js';

export interface Booking {
  targetId: TargetId;
  spareId: SpareId;
  needId: NeedId;
  offset: number;
  length: number;
  /** Table generation that first carries the lease. */
  generation: Generation;
  totalBlocks: number;
}

export interface Booked {
  id: LeaseId;
  grantedAt: string;
}

/** A lease that is not released, with what observing it needs. */
export interface LiveLease {
  id: LeaseId;
  targetId: TargetId;
  targetName: string;
  state: LeaseState;
  generation: Generation;
  health: ObservedLease['state'];
  needId: NeedId;
  cause: Need['cause'];
  needCreatedAt: string;
  grantedAt: string;
}

/** Refused by the constraint lease_extents_never_overlap when any of its sectors is lent already. */
export async function insertLease(sql: Sql, lease: Booking): Promise<Booked> {
  const [row] = await sql.query<Booked>(
    `INSERT INTO lease (target_id, spare_id, need_id, extent, generation, total_blocks, created_at)
     VALUES ($1, $2, $3, int8range($4, $4::bigint + $5::bigint), $6, $7, clock_timestamp())
     RETURNING id, created_at AS "grantedAt"`,
    [
      lease.targetId,
      lease.spareId,
      lease.needId,
      lease.offset,
      lease.length,
      lease.generation,
      lease.totalBlocks,
    ],
  );
  if (!row) throw new Error('INSERT … RETURNING gave no row');
  return row;
}

export async function setState(
  sql: Sql,
  id: LeaseId,
  from: LeaseState,
  to: LeaseState,
): Promise<string | undefined> {
  const [row] = await sql.query<{ at: string }>(
    `UPDATE lease SET state = $3,
            active_at = CASE $3 WHEN 'active' THEN clock_timestamp() ELSE active_at END,
            released_at = CASE $3 WHEN 'released' THEN clock_timestamp() END
     WHERE id = $1 AND state = $2 RETURNING clock_timestamp() AS at`,
    [id, from, to],
  );
  return row?.at;
}

export async function liveLeases(
  sql: Sql,
  scope: { hostId?: HostId; targetId?: TargetId },
): Promise<LiveLease[]> {
  return sql.query<LiveLease>(
    `SELECT lease.id, lease.target_id AS "targetId", target.name AS "targetName", lease.state,
            lease.generation, lease.health, lease.need_id AS "needId", need.cause,
            need.created_at AS "needCreatedAt", lease.created_at AS "grantedAt"
     FROM lease JOIN target ON target.id = lease.target_id JOIN need ON need.id = lease.need_id
     WHERE lease.state <> 'released' AND ($1::uuid IS NULL OR target.host_id = $1)
       AND ($2::uuid IS NULL OR target.id = $2)
     ORDER BY lease.seq`,
    [scope.hostId ?? null, scope.targetId ?? null],
  );
}

export async function updateCounts(sql: Sql, leases: readonly ObservedLease[]): Promise<void> {
  await sql.query(
    `UPDATE lease SET used_blocks = seen."usedBlocks", total_blocks = seen."totalBlocks",
            retired_blocks = seen."retiredBlocks", errors = seen.errors, health = seen.state
     FROM jsonb_to_recordset($1::jsonb) AS seen ("leaseId" uuid, "usedBlocks" bigint,
       "totalBlocks" bigint, "retiredBlocks" bigint, errors bigint, state text)
     WHERE lease.id = seen."leaseId" AND (used_blocks, total_blocks, retired_blocks, lease.errors, health)
       IS DISTINCT FROM (seen."usedBlocks", seen."totalBlocks", seen."retiredBlocks", seen.errors, seen.state)`,
    [JSON.stringify(leases)],
  );
}

/** In grant order. */
export async function listLeases(
  sql: Sql,
  page: PageRequest,
  filter: { targetId: TargetId | null; released: boolean },
): Promise<Keyed<Lease>[]> {
  return sql.query<Keyed<Lease>>(
    `SELECT ${SEQ_KEY('lease.seq')} AS "pageKey", lease.id, lease.target_id AS "targetId",
            target.name AS "targetName", lease.spare_id AS "spareId", host.id AS "hostId",
            host.name AS "hostName", spare.device_id AS "deviceId",
            lower(extent) AS "offsetSectors", upper(extent) - lower(extent) AS "lengthSectors",
            lease.state, lease.generation, used_blocks AS "usedBlocks",
            total_blocks AS "totalBlocks", lease.created_at AS "createdAt"
     FROM lease JOIN target ON target.id = lease.target_id JOIN spare ON spare.id = lease.spare_id
       JOIN host ON host.id = spare.host_id
     WHERE ($1::text IS NULL OR lease.seq > $1::bigint) AND ($3::uuid IS NULL OR target.id = $3)
       AND ($4 OR lease.state <> 'released')
     ORDER BY lease.seq LIMIT $2`,
    [page.after, page.limit + 1, filter.targetId, filter.released],
  );
}
