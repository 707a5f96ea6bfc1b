import type { HostId, PoolId } from '../../../libs/contract/index.js';
import type { ArrayFact, Place, SpareFact, TargetFact } from '../../../libs/placement/index.js';
import type { Sql } from '../database/database.service.js';

export async function spareFacts(sql: Sql, poolId: PoolId): Promise<SpareFact[]> {
  return sql.query<SpareFact>(
    `SELECT spare.id, spare.device_id AS "deviceId", spare.disk_id AS "diskId",
            spare.host_id AS "hostId", host.name AS "hostName", host.cordoned AS "hostCordoned",
            spare.cordoned, spare.state, spare.size_sectors AS "sizeSectors",
            coalesce(disk.observed->'domains', '{}') AS domains,
            coalesce(disk.observed->>'media', 'hdd') AS media,
            coalesce((disk.observed->>'logicalBlockBytes')::int, 512) AS "logicalBlockBytes",
            coalesce((SELECT jsonb_agg(jsonb_build_object('offset', lower(extent),
                                                          'length', upper(extent) - lower(extent)))
                      FROM lease WHERE lease.spare_id = spare.id AND lease.state <> 'released'),
                     '[]') AS leased
     FROM spare JOIN host ON host.id = spare.host_id
     LEFT JOIN disk ON disk.host_id = spare.host_id AND disk.id = spare.device_id
     WHERE spare.pool_id = $1 AND spare.removed_at IS NULL`,
    [poolId],
  );
}

/** Also targets being deleted: their leases are on the disks until they are wiped. */
export async function targetFacts(sql: Sql, hostId: HostId): Promise<TargetFact[]> {
  return sql.query<TargetFact>(
    `SELECT target.id, target.name, target.host_id AS "hostId", target.array_peers AS "arrayPeers",
            jsonb_build_object('deviceId', main_device_id, 'diskId', main_disk_id, 'hostId',
              target.host_id, 'domains', coalesce(disk.observed->'domains', '{}')) AS main,
            coalesce((
              SELECT jsonb_agg(DISTINCT jsonb_build_object('deviceId', spare.device_id, 'diskId',
                       spare.disk_id, 'hostId', spare.host_id,
                       'domains', coalesce(lent.observed->'domains', '{}')))
              FROM lease JOIN spare ON spare.id = lease.spare_id
              LEFT JOIN disk lent ON lent.host_id = spare.host_id AND lent.id = spare.device_id
              WHERE lease.target_id = target.id AND lease.state <> 'released'), '[]') AS leases
     FROM target LEFT JOIN disk ON disk.host_id = target.host_id AND disk.id = main_device_id
     WHERE target.host_id = $1 AND target.deleted_at IS NULL`,
    [hostId],
  );
}

export async function arrayFacts(sql: Sql, hostId: HostId): Promise<ArrayFact[]> {
  return sql.query<ArrayFact>(
    `SELECT host_id AS "hostId", observed->>'kernelName' AS name, observed->'members' AS members
     FROM raid_array WHERE host_id = $1`,
    [hostId],
  );
}

export async function diskFacts(sql: Sql, hostId: HostId): Promise<Place[]> {
  return sql.query<Place>(
    `SELECT id AS "deviceId", disk_id AS "diskId", host_id AS "hostId",
            observed->'domains' AS domains FROM disk WHERE host_id = $1`,
    [hostId],
  );
}
