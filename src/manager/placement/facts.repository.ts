import {
  PoolPolicy,
  type DeviceId,
  type HostId,
  type Media,
  type PoolId,
  type ProtectionType,
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

/** What the books say of a spare, without what its host sees of the device. */
export interface SpareRow
  extends
    Omit<Place, 'domains'>,
    Pick<
      SpareFact,
      'id' | 'number' | 'poolId' | 'hostName' | 'hostCordoned' | 'cordoned' | 'draining'
    >,
    Pick<SpareFact, 'state' | 'lendableSectors'> {
  /** Its live leases, in any order; null for none. */
  lent: Lent[] | null;
}

/** A device as its host saw it last; null where that tells nothing. */
export interface DeviceRow extends Omit<Place, 'domains'> {
  /** As JSON, since many devices have the same. */
  domains: string | null;
  media: Media | null;
  logicalBlockBytes: number | null;
  physicalBlockBytes: number | null;
  protectionType: ProtectionType | null;
  model: string | null;
  firmware: string | null;
  powerOnHours: number | null;
  busyPercent: number | null;
  percentageUsed: number | null;
  predictedFailing: boolean | null;
}

/**
 * Leases are looked up spare by spare: joined, all of the fleet's were gone through until they had been
 * counted.
 */
const SPARE_ROW = `
  spare.id, spare.number, spare.pool_id AS "poolId", spare.device_id AS "deviceId", spare.disk_id AS "diskId",
  spare.host_id AS "hostId", host.name AS "hostName", host.cordoned AS "hostCordoned", spare.cordoned,
  spare.draining OR host.draining AS draining, spare.state, spare.lendable_sectors AS "lendableSectors",
  (SELECT json_agg(json_build_array(target_id, lower(extent), upper(extent))) FROM lease
   WHERE lease.spare_id = spare.id AND lease.state <> 'released') AS lent`;

/** The hosts' own. */
export async function spares(sql: Sql, hostIds: readonly HostId[]): Promise<Of<SpareRow>[]> {
  return sql.query<Of<SpareRow>>(
    `SELECT host.id AS of, ${SPARE_ROW}
     FROM host JOIN spare ON spare.host_id = host.id AND removed_at IS NULL
     WHERE host.id = ANY ($1::uuid[])`,
    [hostIds],
    'anew',
  );
}

/** Of other hosts, on devices that these see too. */
export async function sparesSeen(sql: Sql, hostIds: readonly HostId[]): Promise<Of<SpareRow>[]> {
  return sql.query<Of<SpareRow>>(
    `SELECT mine.host_id AS of, ${SPARE_ROW}
     FROM disk AS mine
       JOIN spare ON spare.device_id = mine.id AND spare.host_id <> mine.host_id AND removed_at IS NULL
       JOIN host ON host.id = spare.host_id
     WHERE mine.host_id = ANY ($1::uuid[]) AND mine.missing_since IS NULL`,
    [hostIds],
    'anew',
  );
}

const DEVICE_ROW = `
  disk.id AS "deviceId", disk.disk_id AS "diskId", disk.host_id AS "hostId",
  disk.observed->>'domains' AS domains, disk.observed->>'media' AS media,
  (disk.observed->>'logicalBlockBytes')::int AS "logicalBlockBytes",
  (disk.observed->>'physicalBlockBytes')::int AS "physicalBlockBytes",
  (disk.observed->>'protectionType')::int AS "protectionType", disk.observed->>'model' AS model,
  disk.observed->>'firmware' AS firmware,
  (disk.observed->'measured'->>'powerOnHours')::float8 AS "powerOnHours",
  (disk.observed->'measured'->>'busyPercent')::float8 AS "busyPercent",
  (disk.observed->'measured'->>'percentageUsed')::float8 AS "percentageUsed",
  (disk.observed->'measured'->>'predictedFailing')::boolean AS "predictedFailing"`;

/** All that the hosts see. */
export async function devices(sql: Sql, hostIds: readonly HostId[]): Promise<DeviceRow[]> {
  return sql.query<DeviceRow>(
    `SELECT ${DEVICE_ROW} FROM disk WHERE disk.host_id = ANY ($1::uuid[])`,
    [hostIds],
    'anew',
  );
}

/** As the spares' own hosts see them. */
export async function devicesOf(sql: Sql, spareIds: readonly SpareId[]): Promise<DeviceRow[]> {
  return sql.query<DeviceRow>(
    `SELECT ${DEVICE_ROW}
     FROM spare JOIN disk ON disk.host_id = spare.host_id AND disk.id = spare.device_id
     WHERE spare.id = ANY ($1::uuid[])`,
    [spareIds],
    'anew',
  );
}

export interface TargetRow extends Pick<TargetFact, 'id' | 'name' | 'hostId' | 'arrayPeers'> {
  mainDeviceId: DeviceId;
  mainDiskId: DeviceId;
}

/** Also targets being deleted: their leases are on the disks until they are wiped. */
export async function targets(sql: Sql, hostIds: readonly HostId[]): Promise<TargetRow[]> {
  return sql.query<TargetRow>(
    `SELECT id, name, host_id AS "hostId", array_peers AS "arrayPeers",
            main_device_id AS "mainDeviceId", main_disk_id AS "mainDiskId"
     FROM target WHERE host_id = ANY ($1::uuid[]) AND deleted_at IS NULL`,
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
export async function leasesOfTargets(
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

export async function arrays(sql: Sql, hostIds: readonly HostId[]): Promise<Of<ArrayFact>[]> {
  return sql.query<Of<ArrayFact>>(
    `SELECT host_id AS of, host_id AS "hostId", uuid, observed->>'kernelName' AS name,
            observed->>'level' AS level, (observed->>'raidDisks')::int AS "raidDisks",
            (observed->>'degraded')::int AS degraded, observed->>'syncAction' AS "syncAction",
            observed->'members' AS members
     FROM raid_array WHERE host_id = ANY ($1::uuid[])`,
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
