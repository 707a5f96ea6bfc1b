import { PoolPolicy, type HostId, type PoolId } from '../../../libs/contract/index.js';
import type {
  ArrayFact,
  PoolFacts,
  Place,
  SpareFact,
  TargetFact,
} from '../../../libs/placement/index.js';
import type { Sql } from '../database/database.service.js';

/** A row that belongs to the facts of one host. */
export type Of<Fact> = Fact & { of: HostId };

/** First sector of a spare that may be lent; lendable_sectors follow it. */
const FIRST = 2048;

/** Spares on the hosts, and those of other hosts whose device they see. */
export async function spareFacts(sql: Sql, hostIds: readonly HostId[]): Promise<Of<SpareFact>[]> {
  return sql.query<Of<SpareFact>>(
    `WITH reach AS (
       SELECT host_id AS of, id FROM spare WHERE host_id = ANY ($1::uuid[]) AND removed_at IS NULL
       UNION
       SELECT disk.host_id, spare.id FROM disk
       JOIN spare ON spare.device_id = disk.id AND removed_at IS NULL
       WHERE disk.host_id = ANY ($1::uuid[]) AND missing_since IS NULL)
     SELECT reach.of, spare.id, spare.pool_id AS "poolId", spare.device_id AS "deviceId",
            spare.disk_id AS "diskId", spare.host_id AS "hostId", host.name AS "hostName",
            host.cordoned AS "hostCordoned", spare.cordoned, spare.draining OR host.draining AS draining,
            spare.state,
            coalesce((disk.observed->'measured'->>'predictedFailing')::boolean, false)
              AS "predictedFailing",
            coalesce(disk.observed->'domains', '{}') AS domains,
            coalesce(disk.observed->>'media', 'hdd') AS media,
            coalesce((disk.observed->>'logicalBlockBytes')::int, 512) AS "logicalBlockBytes",
            coalesce((disk.observed->>'physicalBlockBytes')::int, 512) AS "physicalBlockBytes",
            disk.observed->'protectionType' AS "protectionType", disk.observed->>'model' AS model,
            disk.observed->>'firmware' AS firmware, NULL AS batch,
            disk.observed->'measured'->'powerOnHours' AS "powerOnHours",
            disk.observed->'measured'->'busyPercent' AS "busyPercent",
            disk.observed->'measured'->'percentageUsed' AS "percentageUsed",
            NULL AS "wearPercentPerDay",
            spare.lendable_sectors AS "lendableSectors",
            (SELECT coalesce(jsonb_agg(jsonb_build_object('offset', lower(gap), 'length',
                               upper(gap) - lower(gap)) ORDER BY lower(gap)), '[]')
             FROM unnest(int8multirange(int8range(${FIRST}, ${FIRST} + lendable_sectors)) -
                         coalesce((SELECT range_agg(extent) FROM lease
                                   WHERE lease.spare_id = spare.id AND lease.state <> 'released'),
                                  '{}')) AS gap) AS free,
            (SELECT coalesce(jsonb_agg(jsonb_build_object('targetId', target_id, 'sectors', sectors)
                               ORDER BY target_id), '[]')
             FROM (SELECT target_id, sum(upper(extent) - lower(extent))::bigint AS sectors FROM lease
                   WHERE lease.spare_id = spare.id AND lease.state <> 'released'
                   GROUP BY target_id) AS lent) AS "leasedTo"
     FROM reach JOIN spare ON spare.id = reach.id JOIN host ON host.id = spare.host_id
     LEFT JOIN disk ON disk.host_id = spare.host_id AND disk.id = spare.device_id`,
    [hostIds],
    'anew',
  );
}

/** Also targets being deleted: their leases are on the disks until they are wiped. */
export async function targetFacts(sql: Sql, hostIds: readonly HostId[]): Promise<Of<TargetFact>[]> {
  return sql.query<Of<TargetFact>>(
    `SELECT target.host_id AS of, target.id, target.name, target.host_id AS "hostId",
            target.array_peers AS "arrayPeers",
            jsonb_build_object('deviceId', main_device_id, 'diskId', main_disk_id, 'hostId',
              target.host_id, 'domains', coalesce(disk.observed->'domains', '{}'),
              'media', disk.observed->'media', 'model', disk.observed->'model',
              'firmware', disk.observed->'firmware', 'batch', NULL,
              'powerOnHours', disk.observed->'measured'->'powerOnHours',
              'protectionType', disk.observed->'protectionType') AS main,
            coalesce(live.places, '[]') AS leases, live.count AS "leaseCount"
     FROM target LEFT JOIN disk ON disk.host_id = target.host_id AND disk.id = main_device_id,
     LATERAL (
       SELECT count(*), jsonb_agg(DISTINCT jsonb_build_object('deviceId', spare.device_id, 'diskId',
                spare.disk_id, 'hostId', spare.host_id,
                'domains', coalesce(lent.observed->'domains', '{}'))) AS places
       FROM lease JOIN spare ON spare.id = lease.spare_id
       LEFT JOIN disk lent ON lent.host_id = spare.host_id AND lent.id = spare.device_id
       WHERE lease.target_id = target.id AND lease.state <> 'released') AS live
     WHERE target.host_id = ANY ($1::uuid[]) AND target.deleted_at IS NULL`,
    [hostIds],
    'anew',
  );
}

export async function arrayFacts(sql: Sql, hostIds: readonly HostId[]): Promise<Of<ArrayFact>[]> {
  return sql.query<Of<ArrayFact>>(
    `SELECT host_id AS of, host_id AS "hostId", uuid, observed->>'kernelName' AS name,
            observed->>'level' AS level, (observed->>'raidDisks')::int AS "raidDisks",
            (observed->>'degraded')::int AS degraded, observed->>'syncAction' AS "syncAction",
            observed->'members' AS members
     FROM raid_array WHERE host_id = ANY ($1::uuid[])`,
    [hostIds],
  );
}

export async function diskFacts(sql: Sql, hostIds: readonly HostId[]): Promise<Of<Place>[]> {
  return sql.query<Of<Place>>(
    `SELECT host_id AS of, id AS "deviceId", disk_id AS "diskId", host_id AS "hostId",
            observed->'domains' AS domains FROM disk WHERE host_id = ANY ($1::uuid[])`,
    [hostIds],
  );
}

/**
 * Times of the grants of the last hour to the hosts' targets, in milliseconds, ascending; also of those that
 * were given back since, or whose target is gone.
 */
export async function grantTimes(
  sql: Sql,
  hostIds: readonly HostId[],
): Promise<Of<{ at: number }>[]> {
  return sql.query<Of<{ at: number }>>(
    `SELECT target.host_id AS of, floor(extract(epoch FROM lease.created_at) * 1000)::bigint AS at
     FROM target JOIN lease ON lease.target_id = target.id
     WHERE target.host_id = ANY ($1::uuid[])
       AND lease.created_at > clock_timestamp() - interval '1 hour'
     ORDER BY 2`,
    [hostIds],
    'anew',
  );
}

/** Hosts that share a device with the hosts. */
export async function neighbours(
  sql: Sql,
  hostIds: readonly HostId[],
): Promise<Of<{ neighbour: HostId }>[]> {
  return sql.query<Of<{ neighbour: HostId }>>(
    `SELECT DISTINCT mine.host_id AS of, theirs.host_id AS neighbour
     FROM disk AS mine JOIN disk AS theirs ON theirs.id = mine.id AND theirs.host_id <> mine.host_id
     WHERE mine.host_id = ANY ($1::uuid[])`,
    [hostIds],
  );
}

/** A pool's version, and the server that counts it; one that took over may count on from fewer commits. */
export interface PoolVersion {
  id: PoolId;
  version: number;
  server: string;
}

export async function poolVersions(sql: Sql, ids: readonly PoolId[]): Promise<PoolVersion[]> {
  return sql.query<PoolVersion>(
    `SELECT id, facts_version AS version, pg_postmaster_start_time()::text AS server
     FROM pool WHERE id = ANY ($1::uuid[])`,
    [ids],
  );
}

export async function poolFacts(
  sql: Sql,
  id: PoolId,
): Promise<Omit<PoolFacts, 'grants'> | undefined> {
  const [row] = await sql.query<Omit<PoolFacts, 'grants'>>(
    `SELECT id, name, policy,
            (SELECT count(*) FROM spare WHERE pool_id = pool.id AND removed_at IS NULL) AS "spareCount"
     FROM pool WHERE id = $1`,
    [id],
  );
  return row && { ...row, policy: PoolPolicy.parse(row.policy) };
}

/** Until the transaction ends nobody else grants from the pool. */
export async function lockGrants(sql: Sql, id: PoolId, lock: number): Promise<void> {
  await sql.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [lock, id]);
}

/** Grants of the last hour from a pool's spares. */
export async function poolGrants(sql: Sql, id: PoolId): Promise<number> {
  const [row] = await sql.query<{ count: number }>(
    `SELECT count(*) FROM lease JOIN spare ON spare.id = lease.spare_id
     WHERE spare.pool_id = $1 AND lease.created_at > clock_timestamp() - interval '1 hour'`,
    [id],
  );
  return row?.count ?? 0;
}
