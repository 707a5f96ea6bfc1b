import type {
  Condition,
  DeviceId,
  Generation,
  HostId,
  ObservedTarget,
  PoolId,
  Sectors,
  Target,
  TargetId,
} from '../../../libs/contract/index.js';
import type { TargetState } from '../../../libs/lifecycle/index.js';
import { jsonList, textsOf, type Sql, type Statement } from '../database/database.service.js';
import { withoutKey, type Keyed, type PageRequest } from '../paging.js';

/** A remap counts for the rate of remaps in full at first, and half as much some four hours later. */
const MEMORY_HOURS = '6.0';
const RATE = `(target.remaps_per_hour * exp(-least(500, coalesce(
  extract(epoch FROM clock_timestamp() - target.rate_at)::float8, 0) / 3600 / ${MEMORY_HOURS})))`;

const SELECT = `
  SELECT host.name || '/' || target.name AS "pageKey", target.id, target.host_id AS "hostId",
         host.name AS "hostName", target.name, target.main_device_id AS "mainDeviceId",
         target.pool_id AS "poolId", pool.name AS "poolName",
         target.block_sectors AS "blockSectors", target.length_sectors AS "lengthSectors",
         target.state, target.desired_table_generation AS "desiredTableGeneration",
         lent.free AS "freeBlocks", (pool.policy->>'lowWaterBlocks')::int AS "lowWaterBlocks",
         lent.count AS "leaseCount", ${RATE} AS "remapsPerHour", CASE WHEN target.present THEN target.observed END AS observed,
         target.conditions::jsonb || coalesce((
           SELECT jsonb_agg(c || '{"type": "TargetReady"}') FROM jsonb_array_elements(host.conditions) c
           WHERE c->>'type' = 'TargetReady/' || target.name), '[]') AS conditions,
         target.version + target.desired_table_generation AS version,
         target.created_at AS "createdAt"
  FROM target JOIN host ON host.id = target.host_id JOIN pool ON pool.id = target.pool_id
  CROSS JOIN LATERAL (
    SELECT count(*) AS count,
           coalesce(sum(total_blocks - used_blocks - retired_blocks)
             FILTER (WHERE health = 'ok' AND lease.state IN ('granted', 'active')), 0)::bigint AS free
    FROM lease WHERE lease.target_id = target.id AND lease.state <> 'released') lent
  WHERE target.deleted_at IS NULL`;

export interface NewTarget {
  hostId: HostId;
  poolId: PoolId;
  name: string;
  mainDeviceId: DeviceId;
  mainDiskId: DeviceId;
  blockSectors: number;
  lengthSectors: Sectors;
  arrayPeers: DeviceId[];
}

export async function insertTarget(sql: Sql, target: NewTarget): Promise<TargetId> {
  const [row] = await sql.query<{ id: TargetId }>(
    `INSERT INTO target (host_id, pool_id, name, main_device_id, main_disk_id, block_sectors,
                         length_sectors, array_peers)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
    [
      target.hostId,
      target.poolId,
      target.name,
      target.mainDeviceId,
      target.mainDiskId,
      target.blockSectors,
      target.lengthSectors,
      target.arrayPeers,
    ],
  );
  if (!row) throw new Error('INSERT … RETURNING gave no row');
  return row.id;
}

export async function listTargets(
  sql: Sql,
  page: PageRequest,
  hostId: HostId | null,
): Promise<Keyed<Target>[]> {
  return sql.query<Keyed<Target>>(
    `${SELECT} AND ($1::text IS NULL OR host.name || '/' || target.name > $1)
       AND ($3::uuid IS NULL OR host.id = $3) ORDER BY 1 LIMIT $2`,
    [page.after, page.limit + 1, hostId],
  );
}

export async function findTargets(
  sql: Sql,
  idOrName: string,
  hostId: HostId | null,
): Promise<Target[]> {
  const rows = await sql.query<Keyed<Target>>(
    `${SELECT} AND (target.id::text = $1 OR target.name = $1)
       AND ($2::uuid IS NULL OR host.id = $2) ORDER BY 1 LIMIT 2`,
    [idOrName, hostId],
  );
  return rows.map(withoutKey<Target>);
}

export async function targetsOfHost(sql: Sql, hostId: HostId): Promise<Target[]> {
  const rows = await sql.query<Keyed<Target>>(`${SELECT} AND host.id = $1 ORDER BY 1`, [hostId]);
  return rows.map(withoutKey<Target>);
}

/** What the kernel said last, also of targets that are not there at the moment. */
export interface LastSeen {
  id: TargetId;
  name: string;
  state: Target['state'];
  present: boolean;
  observed: ObservedTarget | null;
  deleteGeneration: Generation | null;
}

export async function lastSeenOf(sql: Sql, hostId: HostId): Promise<LastSeen[]> {
  return sql.query<LastSeen>(
    `SELECT id, name, state, present, observed, delete_generation AS "deleteGeneration"
     FROM target WHERE host_id = $1 AND deleted_at IS NULL ORDER BY name`,
    [hostId],
  );
}

/** Sets what the kernel says now, where that is news; targets of the host that the report lacks are not present. */
export async function stampObserved(
  sql: Sql,
  hostId: HostId,
  observed: readonly ObservedTarget[],
): Promise<void> {
  await sql.query(
    `UPDATE target SET present = seen.o IS NOT NULL, observed = coalesce(seen.o, target.observed),
            remaps_per_hour = CASE WHEN seen.remapped > 0 THEN ${RATE} + seen.remapped / ${MEMORY_HOURS}
                                   ELSE target.remaps_per_hour END,
            rate_at = CASE WHEN seen.remapped > 0 THEN clock_timestamp() ELSE target.rate_at END
     FROM (SELECT mine.id, o, (o->>'usedBlocks')::bigint -
                  coalesce((mine.observed->>'usedBlocks')::bigint, 0) AS remapped
           FROM target AS mine
           LEFT JOIN (SELECT DISTINCT ON (o->>'targetId') o
                      FROM jsonb_array_elements($2::jsonb) o) AS told
             ON (o->>'targetId')::uuid = mine.id
           WHERE mine.host_id = $1 AND mine.deleted_at IS NULL) AS seen
     WHERE target.id = seen.id AND (target.present, target.observed)
           IS DISTINCT FROM (seen.o IS NOT NULL, coalesce(seen.o, target.observed))`,
    [hostId, JSON.stringify(observed)],
  );
}

/** What planning its needs changes of a target. */
export interface TargetChange {
  id: TargetId;
  tableGeneration: Generation;
  conditions: readonly Condition[];
}

export const settleTargets = (targets: readonly TargetChange[]): Statement => [
  `UPDATE target SET desired_table_generation = settled.generation, conditions = settled.conditions
   FROM unnest($1::uuid[], $2::bigint[], ${textsOf('$3')}::json[])
     AS settled (id, generation, conditions)
   WHERE target.id = settled.id AND desired_table_generation <= settled.generation`,
  [
    targets.map(({ id }) => id),
    targets.map(({ tableGeneration }) => tableGeneration),
    jsonList(targets.map(({ conditions }) => conditions)),
  ],
];

export async function raiseTable(sql: Sql, id: TargetId, generation: Generation): Promise<void> {
  await sql.query(
    `UPDATE target SET desired_table_generation = $2
     WHERE id = $1 AND desired_table_generation < $2`,
    [id, generation],
  );
}

const STAMPS: Partial<Record<TargetState, string>> = {
  deleting: ', version = version + 1',
  deleted: ', present = false, deleted_at = now()',
};

/** Compare and set. */
export async function setState(
  sql: Sql,
  id: TargetId,
  from: TargetState,
  to: TargetState,
): Promise<boolean> {
  const rows = await sql.query<{ id: TargetId }>(
    `UPDATE target SET state = $3 ${STAMPS[to] ?? ''}
     WHERE id = $1 AND state = $2 RETURNING id`,
    [id, from, to],
  );
  return rows.length === 1;
}

/** The host generation that no longer has the target. */
export async function setDeleteGeneration(
  sql: Sql,
  id: TargetId,
  generation: Generation | undefined,
): Promise<void> {
  await sql.query('UPDATE target SET delete_generation = $2 WHERE id = $1', [id, generation]);
}

export async function arrayWith(sql: Sql, id: TargetId): Promise<string | undefined> {
  const [row] = await sql.query<{ name: string }>(
    `SELECT observed->>'kernelName' AS name FROM raid_array
     WHERE observed @> jsonb_build_object('members',
       jsonb_build_array(jsonb_build_object('targetId', $1::text))) LIMIT 1`,
    [id],
  );
  return row?.name;
}
