import type { Client } from 'pg';
import { PoolPolicy } from '../../../libs/contract/index.js';

export interface FleetSize {
  readonly hosts: number;
  /** On each host; one in each enclosure, beside one main device. */
  readonly sparesPerHost: number;
}

export const LARGE: FleetSize = { hosts: 5000, sparesPerHost: 10 };
export const SMALL: FleetSize = { hosts: 500, sparesPerHost: 10 };

export const SPARE_SECTORS = 2 ** 31;
const MEMBERS = 5;

/**
 * Writes a fleet into an empty, migrated database. Each enclosure of a host holds a spare and the main
 * device of a target; five targets each are members of a RAID-6 array, so that a target may not take a spare
 * whose enclosure serves another member of its array.
 */
export async function writeFleet(
  client: Client,
  { hosts, sparesPerHost }: FleetSize,
): Promise<void> {
  const policy = PoolPolicy.parse({
    domainLevel: 'enclosure',
    maxArraysPerSpare: 4,
    maxGrantsPerHostPerHour: 100_000,
  });
  await client.query('INSERT INTO pool (name, policy) VALUES ($1, $2)', ['fleet', policy]);
  await client.query(
    `INSERT INTO host (name, machine_id, credential_hash, last_seen_at)
     SELECT 'host-' || lpad(n::text, 5, '0'), md5(n::text), sha256(('credential-' || n)::bytea), now()
     FROM generate_series(1, $1::int) AS n`,
    [hosts],
  );
  await client.query(
    `CREATE TEMP TABLE slot AS
     SELECT host.id AS host_id, host.name AS host, e,
            'wwn:' || substr(md5(host.name || '/main/' || e), 1, 16) AS main,
            'wwn:' || substr(md5(host.name || '/spare/' || e), 1, 16) AS spare
     FROM host, generate_series(0, $1::int - 1) AS e`,
    [sparesPerHost],
  );
  await client.query(
    `INSERT INTO disk (host_id, id, disk_id, observed)
     SELECT host_id, id, id, jsonb_build_object(
       'id', id, 'diskId', id, 'kernelName', 'sd' || e, 'model', 'MODEL-' || (e % 3),
       'serial', substr(id, 5), 'firmware', '1', 'media', 'ssd', 'sizeSectors', $1::bigint,
       'logicalBlockBytes', 512, 'physicalBlockBytes', 4096,
       'protectionType', 0, 'measured', jsonb_build_object('busyPercent', 10, 'percentageUsed', e,
         'powerOnHours', 2400 * e, 'predictedFailing', false), 'health', 'ok', 'usedBy', '[]'::jsonb,
       'domains', jsonb_build_object('enclosure', host || '-e' || e, 'controller', host || '-c' || e % 2,
                                     'rack', 'rack-' || substr(host, 6, 4)))
     FROM slot, LATERAL (VALUES (main), (spare)) AS device (id)`,
    [SPARE_SECTORS],
  );
  await client.query(
    `INSERT INTO spare (pool_id, host_id, device_id, disk_id, size_sectors, lendable_sectors)
     SELECT pool.id, host_id, spare, spare, $1::bigint, $1::bigint - 4096 FROM slot, pool`,
    [SPARE_SECTORS],
  );
  await client.query(
    `INSERT INTO target (host_id, pool_id, name, main_device_id, main_disk_id, block_sectors,
                         length_sectors, state)
     SELECT host_id, pool.id, 't' || e, main, main, 8, $1::bigint, 'active' FROM slot, pool`,
    [SPARE_SECTORS],
  );
  await client.query(
    `INSERT INTO raid_array (host_id, uuid, observed)
     SELECT target.host_id, md5(target.host_id::text || e / ${MEMBERS}), jsonb_build_object(
       'uuid', md5(target.host_id::text || e / ${MEMBERS}), 'kernelName', 'md' || e / ${MEMBERS},
       'level', 'raid6', 'state', 'active', 'raidDisks', ${MEMBERS}, 'degraded', 0, 'syncAction', 'idle',
       'members', jsonb_agg(jsonb_build_object('kernelName', 'dm-' || e, 'role', 'active',
                                               'state', 'in_sync', 'targetId', target.id)))
     FROM slot JOIN target ON target.host_id = slot.host_id AND main_device_id = main
     GROUP BY target.host_id, e / ${MEMBERS}`,
  );
  await client.query('DROP TABLE slot');
  await client.query('VACUUM ANALYZE pool, host, disk, spare, target, raid_array');
}

/** Records open needs of targets drawn at random with that seed; nobody is told of them. */
export async function writeNeeds(client: Client, count: number, seed: number): Promise<string[]> {
  await client.query('SELECT setseed($1)', [seed / 1000]);
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM target CROSS JOIN generate_series(1, 1 + $1::int / (SELECT count(*)::int FROM target))
     ORDER BY random() LIMIT $1::int`,
    [count],
  );
  const targetIds = rows.map(({ id }) => id);
  return writeNeedsOf(client, targetIds, String(seed));
}

/** Records an open need of each of the targets, in that order; nobody is told of them. */
export async function writeNeedsOf(
  client: Client,
  targetIds: readonly string[],
  round: string,
): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO need (target_id, host_id, cause, request_key, sectors, created_at, updated_at,
                       next_attempt_at)
     SELECT target.id, host_id, 'low-water', 'bench-' || $2::text || '-' || n, 16384,
            clock_timestamp(), clock_timestamp(), clock_timestamp() + interval '1 day'
     FROM unnest($1::uuid[]) WITH ORDINALITY AS given (id, n) JOIN target USING (id)
     ORDER BY n
     RETURNING id`,
    [targetIds, round],
  );
  return rows.map(({ id }) => id);
}
