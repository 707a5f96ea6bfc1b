import type { HostId, PoolId, Sectors } from '../../../libs/contract/index.js';
import {
  freeExtents,
  lendableSectors,
  type ArrayFact,
  type Extent,
  type Place,
  type SpareFact,
  type TargetFact,
} from '../../../libs/placement/index.js';
import type { Sql } from '../database/database.service.js';

type SpareRow = Omit<SpareFact, 'lendableSectors' | 'free'> & {
  sizeSectors: Sectors;
  leased: Extent[];
};

/** Of every pool. What no agent reports yet is null. */
export async function spareFacts(sql: Sql, hostId: HostId): Promise<SpareFact[]> {
  const rows = await sql.query<SpareRow>(
    `SELECT spare.id, spare.pool_id AS "poolId", spare.device_id AS "deviceId",
            spare.disk_id AS "diskId", spare.host_id AS "hostId", host.name AS "hostName",
            host.cordoned AS "hostCordoned", spare.cordoned, false AS draining, spare.state,
            false AS "predictedFailing", spare.size_sectors AS "sizeSectors",
            coalesce(disk.observed->'domains', '{}') AS domains,
            coalesce(disk.observed->>'media', 'hdd') AS media,
            coalesce((disk.observed->>'logicalBlockBytes')::int, 512) AS "logicalBlockBytes",
            coalesce((disk.observed->>'physicalBlockBytes')::int, 512) AS "physicalBlockBytes",
            NULL AS "protectionType", disk.observed->>'model' AS model,
            disk.observed->>'firmware' AS firmware, NULL AS batch, NULL AS "powerOnHours",
            NULL AS "ioLoad", NULL AS "percentageUsed", NULL AS "wearPercentPerDay",
            lent.extents AS leased, lent."toTargets" AS "leasedTo"
     FROM spare JOIN host ON host.id = spare.host_id
     LEFT JOIN disk ON disk.host_id = spare.host_id AND disk.id = spare.device_id
     CROSS JOIN LATERAL (
       SELECT coalesce(jsonb_agg(extent) FILTER (WHERE extent IS NOT NULL), '[]') AS extents,
              coalesce(jsonb_agg(target) FILTER (WHERE target IS NOT NULL), '[]') AS "toTargets"
       FROM (
         SELECT jsonb_build_object('offset', lower(extent),
                                   'length', upper(extent) - lower(extent)) AS extent, NULL AS target
         FROM lease WHERE lease.spare_id = spare.id AND lease.state <> 'released'
         UNION ALL
         SELECT NULL, jsonb_build_object('targetId', target_id,
                                         'sectors', sum(upper(extent) - lower(extent)))
         FROM lease WHERE lease.spare_id = spare.id AND lease.state <> 'released'
         GROUP BY target_id) each) lent
     WHERE spare.host_id = $1 AND spare.removed_at IS NULL`,
    [hostId],
  );
  return rows.map(({ sizeSectors, leased, ...spare }) => ({
    ...spare,
    lendableSectors: lendableSectors(sizeSectors),
    free: freeExtents(sizeSectors, leased),
  }));
}

/** Also targets being deleted: their leases are on the disks until they are wiped. */
export async function targetFacts(sql: Sql, hostId: HostId): Promise<TargetFact[]> {
  return sql.query<TargetFact>(
    `SELECT target.id, target.name, target.host_id AS "hostId", target.array_peers AS "arrayPeers",
            jsonb_build_object('deviceId', main_device_id, 'diskId', main_disk_id, 'hostId',
              target.host_id, 'domains', coalesce(disk.observed->'domains', '{}'),
              'media', disk.observed->'media', 'model', disk.observed->'model',
              'firmware', disk.observed->'firmware', 'batch', NULL, 'powerOnHours', NULL,
              'protectionType', NULL) AS main,
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
    `SELECT host_id AS "hostId", uuid, observed->>'kernelName' AS name, observed->>'level' AS level,
            (observed->>'raidDisks')::int AS "raidDisks", (observed->>'degraded')::int AS degraded,
            observed->>'syncAction' AS "syncAction", observed->'members' AS members
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

/** When the host's targets were granted leases within the last hour: epoch ms, ascending. */
export async function grantsOfHost(sql: Sql, hostId: HostId): Promise<number[]> {
  const rows = await sql.query<{ at: number }>(
    `SELECT (extract(epoch FROM lease.created_at) * 1000)::bigint AS at
     FROM lease JOIN target ON target.id = lease.target_id
     WHERE target.host_id = $1 AND lease.created_at > clock_timestamp() - interval '1 hour'
     ORDER BY 1`,
    [hostId],
  );
  return rows.map(({ at }) => at);
}

export async function grantsOfPool(sql: Sql, poolId: PoolId): Promise<number> {
  const [row] = await sql.query<{ grants: number }>(
    `SELECT count(*) AS grants FROM lease JOIN spare ON spare.id = lease.spare_id
     WHERE spare.pool_id = $1 AND lease.created_at > clock_timestamp() - interval '1 hour'`,
    [poolId],
  );
  return row?.grants ?? 0;
}
