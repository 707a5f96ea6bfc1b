import {
  ObservedDisk,
  type DeviceId,
  type Disk,
  type HostId,
  type ObservedArray,
  type RaidArray,
} from '../../../libs/contract/index.js';
import type { Sql } from '../database/database.service.js';
import type { Keyed, PageRequest } from '../paging.js';

/**
 * What is not known of a disk now stays as it was known before. Answers those whole disks that say now, or no
 * longer, that they will fail.
 */
export async function upsertDisks(
  sql: Sql,
  hostId: HostId,
  disks: readonly ObservedDisk[],
): Promise<ObservedDisk[]> {
  const rows = await sql.query<{ observed: ObservedDisk }>(
    `WITH before AS (SELECT id, observed FROM disk WHERE host_id = $1),
     changed AS (
       INSERT INTO disk (host_id, id, disk_id, observed)
       SELECT DISTINCT ON (d->>'id') $1::uuid, d->>'id', d->>'diskId',
              d || jsonb_build_object('measured', (d->'measured') ||
                coalesce(before.observed->'measured', '{}') || jsonb_strip_nulls(d->'measured'))
       FROM jsonb_array_elements($2::jsonb) d LEFT JOIN before ON before.id = d->>'id'
       ON CONFLICT (host_id, id)
         DO UPDATE SET disk_id = excluded.disk_id, observed = excluded.observed, missing_since = NULL
         WHERE (disk.disk_id, disk.observed) <> (excluded.disk_id, excluded.observed)
           OR disk.missing_since IS NOT NULL
       RETURNING id, disk_id, observed)
     SELECT changed.observed FROM changed LEFT JOIN before USING (id)
     WHERE changed.id = changed.disk_id
       AND coalesce((changed.observed->'measured'->>'predictedFailing')::boolean, false)
           <> coalesce((before.observed->'measured'->>'predictedFailing')::boolean, false)`,
    [hostId, JSON.stringify(disks)],
  );
  return rows.map(({ observed }) => observed);
}

export async function markMissing(
  sql: Sql,
  hostId: HostId,
  present: readonly DeviceId[],
): Promise<void> {
  await sql.query(
    `UPDATE disk SET missing_since = now()
     WHERE host_id = $1 AND id <> ALL ($2::text[]) AND missing_since IS NULL`,
    [hostId, present],
  );
}

/** A missing disk is worth remembering only while a spare or a target is on it. */
export async function forgetMissing(sql: Sql, hostId: HostId): Promise<void> {
  await sql.query(
    `DELETE FROM disk WHERE host_id = $1 AND missing_since IS NOT NULL
       AND NOT EXISTS (SELECT FROM spare WHERE spare.host_id = disk.host_id
                         AND spare.device_id = disk.id AND removed_at IS NULL)
       AND NOT EXISTS (SELECT FROM target WHERE target.host_id = disk.host_id
                         AND main_device_id = disk.id AND deleted_at IS NULL)`,
    [hostId],
  );
}

export async function arraysOf(sql: Sql, hostId: HostId): Promise<ObservedArray[]> {
  const rows = await sql.query<{ observed: ObservedArray }>(
    'SELECT observed FROM raid_array WHERE host_id = $1',
    [hostId],
  );
  return rows.map(({ observed }) => observed);
}

export async function replaceArrays(
  sql: Sql,
  hostId: HostId,
  arrays: readonly ObservedArray[],
): Promise<void> {
  await Promise.all([
    sql.query('DELETE FROM raid_array WHERE host_id = $1 AND uuid <> ALL ($2::text[])', [
      hostId,
      arrays.map(({ uuid }) => uuid),
    ]),
    sql.query(
      `INSERT INTO raid_array (host_id, uuid, observed)
       SELECT DISTINCT ON (a->>'uuid') $1::uuid, a->>'uuid', a FROM jsonb_array_elements($2::jsonb) a
       ON CONFLICT (host_id, uuid) DO UPDATE SET observed = excluded.observed
         WHERE raid_array.observed <> excluded.observed`,
      [hostId, JSON.stringify(arrays)],
    ),
  ]);
}

export async function presentDisk(
  sql: Sql,
  hostId: HostId,
  id: DeviceId,
): Promise<ObservedDisk | undefined> {
  const [row] = await sql.query<{ observed: ObservedDisk }>(
    'SELECT observed FROM disk WHERE host_id = $1 AND id = $2 AND missing_since IS NULL',
    [hostId, id],
  );
  return row?.observed;
}

interface ObservedRow<T> {
  pageKey: string;
  observed: T;
  hostId: HostId;
  hostName: string;
  lastSeenAt: string;
}

export async function listDisks(
  sql: Sql,
  page: PageRequest,
  hostId: HostId | null,
): Promise<Keyed<Disk>[]> {
  const rows = await sql.query<ObservedRow<ObservedDisk>>(
    `SELECT host.name || '/' || disk.id AS "pageKey", observed, host.id AS "hostId",
            host.name AS "hostName",
            coalesce(missing_since, host.last_seen_at, host.enrolled_at) AS "lastSeenAt"
     FROM disk JOIN host ON host.id = disk.host_id
     WHERE ($1::text IS NULL OR host.name || '/' || disk.id > $1)
       AND ($3::uuid IS NULL OR host.id = $3)
     ORDER BY 1 LIMIT $2`,
    [page.after, page.limit + 1, hostId],
  );
  return rows.map(({ observed, ...rest }) => ({ ...ObservedDisk.parse(observed), ...rest }));
}

export async function listArrays(
  sql: Sql,
  page: PageRequest,
  hostId: HostId | null,
): Promise<Keyed<RaidArray>[]> {
  const rows = await sql.query<Omit<ObservedRow<ObservedArray>, 'lastSeenAt'>>(
    `SELECT host.name || '/' || uuid AS "pageKey", observed, host.id AS "hostId",
            host.name AS "hostName"
     FROM raid_array JOIN host ON host.id = raid_array.host_id
     WHERE ($1::text IS NULL OR host.name || '/' || uuid > $1)
       AND ($3::uuid IS NULL OR host.id = $3)
     ORDER BY 1 LIMIT $2`,
    [page.after, page.limit + 1, hostId],
  );
  return rows.map(({ observed, ...rest }) => ({ ...observed, ...rest }));
}
