import type { DeviceId, HostId, PoolId, Spare, SpareId } from '../../../libs/contract/index.js';
import type { ServiceFlags } from '../../../libs/lifecycle/index.js';
import type { Sql } from '../database/database.service.js';
import { withoutKey, type Keyed, type PageRequest } from '../paging.js';

const SELECT = `
  SELECT host.name || '/' || spare.device_id AS "pageKey", spare.id, spare.pool_id AS "poolId",
         pool.name AS "poolName", spare.host_id AS "hostId", host.name AS "hostName",
         spare.device_id AS "deviceId", spare.state, spare.cordoned, spare.draining,
         spare.lendable_sectors AS "totalSectors", lent.sectors AS "leasedSectors",
         lent.count AS "leaseCount", lent.used AS "usedBlocks", spare.version,
         spare.created_at AS "createdAt"
  FROM spare JOIN pool ON pool.id = spare.pool_id JOIN host ON host.id = spare.host_id
  CROSS JOIN LATERAL (
    SELECT count(*) AS count, coalesce(sum(upper(extent) - lower(extent)), 0)::bigint AS sectors,
           coalesce(sum(used_blocks), 0)::bigint AS used
    FROM lease WHERE lease.spare_id = spare.id AND lease.state <> 'released') lent
  WHERE spare.removed_at IS NULL`;

export interface NewSpare {
  poolId: PoolId;
  hostId: HostId;
  deviceId: DeviceId;
  diskId: DeviceId;
  sizeSectors: number;
  lendableSectors: number;
  state: Spare['state'];
}

export async function insertSpare(sql: Sql, spare: NewSpare): Promise<SpareId> {
  const [row] = await sql.query<{ id: SpareId }>(
    `INSERT INTO spare (pool_id, host_id, device_id, disk_id, size_sectors, lendable_sectors, state)
     VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
    [
      spare.poolId,
      spare.hostId,
      spare.deviceId,
      spare.diskId,
      spare.sizeSectors,
      spare.lendableSectors,
      spare.state,
    ],
  );
  if (!row) throw new Error('INSERT … RETURNING gave no row');
  return row.id;
}

export async function listSpares(
  sql: Sql,
  page: PageRequest,
  filter: { poolId: PoolId | null; hostId: HostId | null },
): Promise<Keyed<Spare>[]> {
  return sql.query<Keyed<Spare>>(
    `${SELECT} AND ($1::text IS NULL OR host.name || '/' || spare.device_id > $1)
       AND ($3::uuid IS NULL OR pool.id = $3) AND ($4::uuid IS NULL OR host.id = $4)
     ORDER BY 1 LIMIT $2`,
    [page.after, page.limit + 1, filter.poolId, filter.hostId],
  );
}

export async function spareById(sql: Sql, id: SpareId): Promise<Spare | undefined> {
  const [row] = await sql.query<Keyed<Spare>>(`${SELECT} AND spare.id = $1`, [id]);
  return row && withoutKey<Spare>(row);
}

export async function setService(
  sql: Sql,
  id: SpareId,
  { cordoned, draining }: ServiceFlags,
): Promise<void> {
  await sql.query(
    'UPDATE spare SET cordoned = $2, draining = $3, version = version + 1 WHERE id = $1',
    [id, cordoned, draining],
  );
}

export async function removeSpare(sql: Sql, id: SpareId): Promise<void> {
  await sql.query('UPDATE spare SET removed_at = now() WHERE id = $1', [id]);
}

export interface ChangedSpare {
  id: SpareId;
  deviceId: DeviceId;
  state: Spare['state'];
  previousState: Spare['state'];
}

/** Brings the states of a host's spares in line with its disks; the answer is what changed. */
export async function refreshStates(sql: Sql, hostId: HostId): Promise<ChangedSpare[]> {
  return sql.query<ChangedSpare>(
    `UPDATE spare SET state = seen.state
     FROM (SELECT spare.id, spare.state AS was,
                 CASE WHEN disk.id IS NULL OR disk.missing_since IS NOT NULL THEN 'missing'
                                 WHEN disk.observed->>'health' = 'failing' THEN 'failing'
                                 ELSE 'available' END AS state
           FROM spare LEFT JOIN disk ON disk.host_id = spare.host_id AND disk.id = spare.device_id
           WHERE spare.host_id = $1 AND removed_at IS NULL) seen
     WHERE spare.id = seen.id AND spare.state <> seen.state
     RETURNING spare.id, spare.device_id AS "deviceId", spare.state, seen.was AS "previousState"`,
    [hostId],
  );
}

export async function freeRatio(sql: Sql, hostId: HostId, poolId: PoolId): Promise<number> {
  const [row] = await sql.query<{ free: number }>(
    `SELECT coalesce(1 - sum(lent.sectors) / nullif(sum(lendable_sectors), 0), 0)::float8 AS free
     FROM spare CROSS JOIN LATERAL (
       SELECT coalesce(sum(upper(extent) - lower(extent)), 0) AS sectors FROM lease
       WHERE lease.spare_id = spare.id AND lease.state <> 'released') lent
     WHERE host_id = $1 AND pool_id = $2 AND removed_at IS NULL`,
    [hostId, poolId],
  );
  return row?.free ?? 0;
}
