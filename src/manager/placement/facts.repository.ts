import {
  PoolPolicy,
  type HostId,
  type PoolId,
  type SpareId,
  type TargetId,
} from '../../../libs/contract/index.js';
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

/** A lease of a spare: its sectors are [offset, end). */
export type Lent = readonly [targetId: TargetId, offset: number, end: number];

/** A spare with its live leases, in any order. */
export type LendingSpare = Omit<SpareFact, 'free' | 'leasedTo'> & { lent: Lent[] };

/**
 * Spares on the hosts, and those of other hosts whose device they see. Leases are looked up spare by spare:
 * joined, all of the fleet's were gone through until they had been counted.
 */
export async function spareFacts(
  sql: Sql,
  hostIds: readonly HostId[],
): Promise<Of<LendingSpare>[]> {
  return sql.query<Of<LendingSpare>>(
    `WITH reach AS (
       SELECT host_id AS of, spare.* FROM spare
       WHERE host_id = ANY ($1::uuid[]) AND removed_at IS NULL
       UNION ALL
       SELECT disk.host_id, spare.* FROM disk
       JOIN spare ON spare.device_id = disk.id AND spare.host_id <> disk.host_id AND removed_at IS NULL
       WHERE disk.host_id = ANY ($1::uuid[]) AND missing_since IS NULL)
     SELECT reach.of, reach.id, reach.pool_id AS "poolId", reach.device_id AS "deviceId",
            reach.disk_id AS "diskId", reach.host_id AS "hostId", host.name AS "hostName",
            host.cordoned AS "hostCordoned", reach.cordoned, reach.draining OR host.draining AS draining,
            reach.state,
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
            reach.lendable_sectors AS "lendableSectors", coalesce(live.lent, '[]') AS lent
     FROM reach JOIN host ON host.id = reach.host_id
     LEFT JOIN disk ON disk.host_id = reach.host_id AND disk.id = reach.device_id
     CROSS JOIN LATERAL (
       SELECT json_agg(json_build_array(target_id, lower(extent), upper(extent))) AS lent
       FROM lease WHERE lease.spare_id = reach.id AND lease.state <> 'released') AS live`,
    [hostIds],
    'anew',
  );
}

/** Also targets being deleted: their leases are on the disks until they are wiped. */
export async function targetFacts(
  sql: Sql,
  hostIds: readonly HostId[],
): Promise<Of<Omit<TargetFact, 'leases' | 'leaseCount'>>[]> {
  return sql.query<Of<Omit<TargetFact, 'leases' | 'leaseCount'>>>(
    `SELECT target.host_id AS of, target.id, target.name, target.host_id AS "hostId",
            target.array_peers AS "arrayPeers",
            json_build_object('deviceId', main_device_id, 'diskId', main_disk_id, 'hostId',
              target.host_id, 'domains', coalesce(disk.observed->'domains', '{}'),
              'media', disk.observed->'media', 'model', disk.observed->'model',
              'firmware', disk.observed->'firmware', 'batch', NULL,
              'powerOnHours', disk.observed->'measured'->'powerOnHours',
              'protectionType', disk.observed->'protectionType') AS main
     FROM target LEFT JOIN disk ON disk.host_id = target.host_id AND disk.id = main_device_id
     WHERE target.host_id = ANY ($1::uuid[]) AND target.deleted_at IS NULL`,
    [hostIds],
    'anew',
  );
}

export interface LeaseOfTarget {
  targetId: TargetId;
  spareId: SpareId;
  /** It is not released. */
  live: boolean;
  /** When it was granted, in epoch ms; null when that was more than an hour ago. */
  grantedAt: number | null;
}

/**
 * Leases of the hosts' targets, also of those that are gone, that are live or were granted within the hour, in
 * the order of the grants. Looked up target by target, as those of spares.
 */
export async function targetLeases(
  sql: Sql,
  hostIds: readonly HostId[],
): Promise<Of<LeaseOfTarget>[]> {
  return sql.query<Of<LeaseOfTarget>>(
    `SELECT target.host_id AS of, target.id AS "targetId", "spareId", live, "grantedAt"
     FROM target CROSS JOIN LATERAL (
       SELECT spare_id AS "spareId", state <> 'released' AS live,
              CASE WHEN created_at > now() - interval '1 hour'
                   THEN floor(extract(epoch FROM created_at) * 1000)::bigint END AS "grantedAt"
       FROM lease
       WHERE target_id = target.id AND (state <> 'released' OR created_at > now() - interval '1 hour')
       OFFSET 0) AS lent
     WHERE target.host_id = ANY ($1::uuid[])
     ORDER BY "grantedAt"`,
    [hostIds],
    'anew',
  );
}

/** Where spares lie, also those that were removed. */
export async function sparePlaces(
  sql: Sql,
  ids: readonly SpareId[],
): Promise<(Place & { id: SpareId })[]> {
  return sql.query<Place & { id: SpareId }>(
    `SELECT spare.id, spare.device_id AS "deviceId", spare.disk_id AS "diskId",
            spare.host_id AS "hostId", coalesce(disk.observed->'domains', '{}') AS domains
     FROM spare LEFT JOIN disk ON disk.host_id = spare.host_id AND disk.id = spare.device_id
     WHERE spare.id = ANY ($1::uuid[])`,
    [ids],
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
