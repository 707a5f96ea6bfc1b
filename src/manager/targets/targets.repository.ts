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
import type { Sql } from '../database/database.service.js';
import { withoutKey, type Keyed, type PageRequest } from '../paging.js';

const SELECT = `
  SELECT host.name || '/' || target.name AS "pageKey", target.id, target.host_id AS "hostId",
         host.name AS "hostName", target.name, target.main_device_id AS "mainDeviceId",
         target.pool_id AS "poolId", pool.name AS "poolName",
         target.block_sectors AS "blockSectors", target.length_sectors AS "lengthSectors",
         target.state, target.desired_table_generation AS "desiredTableGeneration",
         lent.free AS "freeBlocks", (pool.policy->>'lowWaterBlocks')::int AS "lowWaterBlocks",
         lent.count AS "leaseCount", CASE WHEN target.present THEN target.observed END AS observed,
         target.conditions || coalesce((
           SELECT jsonb_agg(c || '{"type": "TargetReady"}') FROM jsonb_array_elements(host.conditions) c
           WHERE c->>'type' = 'TargetReady/' || target.name), '[]') AS conditions,
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

/** Sets what the kernel says now; targets of the host that the report lacks are not present. */
export async function stampObserved(
  sql: Sql,
  hostId: HostId,
  observed: readonly ObservedTarget[],
): Promise<void> {
  await sql.query(
    `UPDATE target SET present = seen.o IS NOT NULL, observed = coalesce(seen.o, target.observed),
            state = CASE WHEN seen.o IS NOT NULL AND target.state = 'planned' THEN 'active'
                         ELSE target.state END
     FROM target AS mine
     LEFT JOIN (SELECT DISTINCT ON (o->>'targetId') o FROM jsonb_array_elements($2::jsonb) o) seen
       ON (seen.o->>'targetId')::uuid = mine.id
     WHERE target.id = mine.id AND mine.host_id = $1 AND mine.deleted_at IS NULL`,
    [hostId, JSON.stringify(observed)],
  );
}

export async function raiseTableGeneration(sql: Sql, id: TargetId): Promise<Generation> {
  const [row] = await sql.query<{ generation: Generation }>(
    `UPDATE target SET desired_table_generation = desired_table_generation + 1 WHERE id = $1
     RETURNING desired_table_generation AS generation`,
    [id],
  );
  if (!row) throw new Error(`target ${id} vanished under its host's lock`);
  return row.generation;
}

export async function markDeleting(sql: Sql, id: TargetId, generation: Generation): Promise<void> {
  await sql.query("UPDATE target SET state = 'deleting', delete_generation = $2 WHERE id = $1", [
    id,
    generation,
  ]);
}

export async function markDeleted(sql: Sql, id: TargetId): Promise<void> {
  await sql.query(
    "UPDATE target SET state = 'deleting', present = false, deleted_at = now() WHERE id = $1",
    [id],
  );
}

export async function conditionsOf(sql: Sql, id: TargetId): Promise<Condition[]> {
  const [row] = await sql.query<{ conditions: Condition[] }>(
    'SELECT conditions FROM target WHERE id = $1',
    [id],
  );
  return row?.conditions ?? [];
}

export async function setConditions(
  sql: Sql,
  id: TargetId,
  conditions: readonly Condition[],
): Promise<void> {
  await sql.query('UPDATE target SET conditions = $2 WHERE id = $1', [
    id,
    JSON.stringify(conditions),
  ]);
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
