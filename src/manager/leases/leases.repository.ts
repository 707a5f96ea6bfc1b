import type {
  Generation,
  HostId,
  Lease,
  LeaseId,
  LeaseState,
  Need,
  NeedId,
  ObservedLease,
  ObservedTarget,
  PoolId,
  SpareId,
  TargetId,
} from '../../../libs/contract/index.js';
import type { Sql, Statement } from '../database/database.service.js';
import { SEQ_KEY, type Keyed, type PageRequest } from '../paging.js';

export interface Booking {
  id: LeaseId;
  targetId: TargetId;
  spareId: SpareId;
  needId: NeedId;
  offset: number;
  length: number;
  /** Table generation that first carries the lease. */
  generation: Generation;
  totalBlocks: number;
  grantedAt: string;
}

/** A lease that is not released, with what observing it needs. */
export interface LiveLease {
  id: LeaseId;
  targetId: TargetId;
  targetName: string;
  spareId: SpareId;
  state: LeaseState;
  generation: Generation;
  health: ObservedLease['state'];
  needId: NeedId;
  cause: Need['cause'];
  needCreatedAt: string;
  grantedAt: string;
}

/**
 * In the order given. Refused by the constraint lease_extents_never_overlap when any of the sectors is lent
 * already.
 */
export const insertLeases = (leases: readonly Booking[], state: LeaseState): Statement => [
  `INSERT INTO lease (id, target_id, spare_id, need_id, extent, generation, total_blocks, state,
                      created_at)
   SELECT id, target_id, spare_id, need_id, int8range("offset", "offset" + length), generation,
          total_blocks, $10, granted_at
   FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bigint[],
               $8::bigint[], $9::timestamptz[])
     WITH ORDINALITY AS booking (id, target_id, spare_id, need_id, "offset", length, generation,
                                 total_blocks, granted_at, n)
   ORDER BY n`,
  [
    leases.map(({ id }) => id),
    leases.map(({ targetId }) => targetId),
    leases.map(({ spareId }) => spareId),
    leases.map(({ needId }) => needId),
    leases.map(({ offset }) => offset),
    leases.map(({ length }) => length),
    leases.map(({ generation }) => generation),
    leases.map(({ totalBlocks }) => totalBlocks),
    leases.map(({ grantedAt }) => grantedAt),
    state,
  ],
];

/** Compare and set; the answer is those that were in that state. */
export async function setState(
  sql: Sql,
  ids: readonly LeaseId[],
  from: LeaseState,
  to: LeaseState,
): Promise<{ id: LeaseId; at: string }[]> {
  return sql.query<{ id: LeaseId; at: string }>(
    `UPDATE lease SET state = $3,
            active_at = CASE $3 WHEN 'active' THEN coalesce(active_at, clock_timestamp())
                                ELSE active_at END,
            released_at = CASE $3 WHEN 'released' THEN clock_timestamp() END
     WHERE id = ANY ($1::uuid[]) AND state = $2 RETURNING id, clock_timestamp() AS at`,
    [ids, from, to],
  );
}

export async function liveLeases(
  sql: Sql,
  scope: { hostId?: HostId; targetId?: TargetId },
): Promise<LiveLease[]> {
  return sql.query<LiveLease>(
    `SELECT lease.id, lease.target_id AS "targetId", target.name AS "targetName", lease.state,
            lease.spare_id AS "spareId", lease.generation, lease.health, lease.need_id AS "needId",
            need.cause, need.created_at AS "needCreatedAt", lease.created_at AS "grantedAt"
     FROM lease JOIN target ON target.id = lease.target_id JOIN need ON need.id = lease.need_id
     WHERE lease.state <> 'released' AND ($1::uuid IS NULL OR target.host_id = $1)
       AND ($2::uuid IS NULL OR target.id = $2)
     ORDER BY lease.seq`,
    [scope.hostId ?? null, scope.targetId ?? null],
  );
}

/** Hosts of the targets that have blocks, or may, on a spare, or on any of a host. */
export async function targetHostsOn(
  sql: Sql,
  on: { spareId?: SpareId; hostId?: HostId },
): Promise<HostId[]> {
  const rows = await sql.query<{ id: HostId }>(
    `SELECT DISTINCT target.host_id AS id
     FROM lease JOIN spare ON spare.id = lease.spare_id JOIN target ON target.id = lease.target_id
     WHERE lease.state <> 'released' AND ($1::uuid IS NULL OR spare.id = $1)
       AND ($2::uuid IS NULL OR spare.host_id = $2)
     ORDER BY 1`,
    [on.spareId ?? null, on.hostId ?? null],
  );
  return rows.map(({ id }) => id);
}

/** Notes which table does without the lease, or has it again. */
export async function setTable(
  sql: Sql,
  id: LeaseId,
  tables: { generation?: Generation; leftGeneration?: Generation },
): Promise<void> {
  await sql.query(
    `UPDATE lease SET generation = coalesce($2, generation),
            left_generation = coalesce($3, left_generation) WHERE id = $1`,
    [id, tables.generation ?? null, tables.leftGeneration ?? null],
  );
}

/** Takes over what the host's kernel counts in leases that it runs in the target they were granted to. */
export async function updateCounts(
  sql: Sql,
  hostId: HostId,
  targets: readonly ObservedTarget[],
): Promise<void> {
  const leases = targets.flatMap(({ targetId, leases }) =>
    leases.map((lease) => ({ targetId, ...lease })),
  );
  if (leases.length === 0) return;
  await sql.query(
    `UPDATE lease SET used_blocks = seen."usedBlocks", total_blocks = seen."totalBlocks",
            retired_blocks = seen."retiredBlocks", errors = seen.errors, health = seen.state
     FROM jsonb_to_recordset($2::jsonb) AS seen ("leaseId" uuid, "targetId" uuid, "usedBlocks" bigint,
       "totalBlocks" bigint, "retiredBlocks" bigint, errors bigint, state text)
       JOIN target ON target.id = seen."targetId" AND target.host_id = $1
     WHERE lease.id = seen."leaseId" AND lease.target_id = target.id AND lease.state <> 'released'
       AND (used_blocks, total_blocks, retired_blocks, lease.errors, health)
       IS DISTINCT FROM (seen."usedBlocks", seen."totalBlocks", seen."retiredBlocks", seen.errors, seen.state)`,
    [hostId, JSON.stringify(leases)],
  );
}

/** Null for any. */
export interface LeaseFilter {
  targetId: TargetId | null;
  spareId: SpareId | null;
  /** Of the spare. */
  hostId: HostId | null;
  poolId: PoolId | null;
  state: LeaseState | null;
  /** Also those whose extent was given back. */
  released: boolean;
}

/** In grant order. Planned anew, since which index serves depends on what is filtered by. */
export async function listLeases(
  sql: Sql,
  page: PageRequest,
  filter: LeaseFilter,
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
       AND ($4::uuid IS NULL OR spare.id = $4) AND ($5::uuid IS NULL OR spare.host_id = $5)
       AND ($6::uuid IS NULL OR spare.pool_id = $6) AND ($7::text IS NULL OR lease.state = $7)
       AND ($8 OR lease.state <> 'released')
     ORDER BY lease.seq LIMIT $2`,
    [
      ...[page.after, page.limit + 1, filter.targetId, filter.spareId, filter.hostId],
      ...[filter.poolId, filter.state, filter.released],
    ],
    'anew',
  );
}
