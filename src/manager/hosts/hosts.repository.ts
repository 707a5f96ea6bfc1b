import type {
  Condition,
  EnrolHost,
  Generation,
  Host,
  HostId,
  ObservedState,
} from '../../../libs/contract/index.js';
import type { ServiceFlags } from '../../../libs/lifecycle/index.js';
import type { Sql, Statement } from '../database/database.service.js';
import type { Keyed, PageRequest } from '../paging.js';

/** A host not heard of for so long is called unreachable. */
export const UNREACHABLE_AFTER = "interval '30 s'";

const COLUMNS = `
  host.id, host.name, host.cordoned, host.draining,
  CASE WHEN host.last_seen_at > clock_timestamp() - ${UNREACHABLE_AFTER} THEN 'ready' ELSE 'unreachable' END AS state,
  host.desired_generation AS "desiredGeneration", host.observed_generation AS "observedGeneration",
  host.kernel_release AS "kernelRelease", host.agent_version AS "agentVersion",
  host.version, host.last_seen_at AS "lastSeenAt", host.enrolled_at AS "enrolledAt", host.conditions`;

/** A host under lock, with what the comparison with its next report needs. */
export interface LockedHost {
  id: HostId;
  name: string;
  bootId: string | null;
  pastBootIds: string[];
  sequence: number;
  inventoryHash: string | null;
  desiredGeneration: Generation;
  conditions: Condition[];
}

/** Grows with whatever in the books a report of the host is looked at against; see facts_version. */
const BOOKS = '(desired_generation + facts_version)';

/** Even what no number tells of is looked at again then; at another time for each host. */
const WHOLE_AGAIN_AFTER = "(interval '45 min' + random() * interval '30 min')";

export interface ReportHashes {
  /** Of the disks and arrays. */
  inventoryHash: string;
  /** Of all but the sequence. */
  reportHash: string;
}

export interface UnchangedReport {
  hostId: HostId;
  sequence: number;
  reportHash: string;
}

export async function insertHost(
  sql: Sql,
  { name, machineId }: EnrolHost,
  credentialHash: Buffer,
): Promise<HostId | undefined> {
  const [row] = await sql.query<{ id: HostId }>(
    `INSERT INTO host (name, machine_id, credential_hash) VALUES ($1, $2, $3)
     ON CONFLICT (machine_id) DO NOTHING RETURNING id`,
    [name, machineId, credentialHash],
  );
  return row?.id;
}

/** A machine that enrols again keeps its id; its old credential stops working. */
export async function renewHost(
  sql: Sql,
  { name, machineId }: EnrolHost,
  credentialHash: Buffer,
): Promise<HostId | undefined> {
  const [row] = await sql.query<{ id: HostId }>(
    `UPDATE host SET name = $1, credential_hash = $3, sequence = -1, version = version + 1 WHERE machine_id = $2
     RETURNING id`,
    [name, machineId, credentialHash],
  );
  return row?.id;
}

export async function hostsByCredentials(
  sql: Sql,
  hashes: readonly Buffer[],
): Promise<{ id: HostId; hash: Buffer }[]> {
  return sql.query(
    'SELECT id, credential_hash AS hash FROM host WHERE credential_hash = ANY ($1::bytea[])',
    [hashes],
  );
}

export async function listHosts(sql: Sql, page: PageRequest): Promise<Keyed<Host>[]> {
  return sql.query<Keyed<Host>>(
    `SELECT host.name AS "pageKey", ${COLUMNS} FROM host
     WHERE $1::text IS NULL OR host.name > $1 ORDER BY host.name LIMIT $2`,
    [page.after, page.limit + 1],
  );
}

export async function hostByIdOrName(sql: Sql, idOrName: string): Promise<Host | undefined> {
  const [row] = await sql.query<Host>(
    `SELECT ${COLUMNS} FROM host WHERE host.id::text = $1 OR host.name = $1
     ORDER BY host.id::text = $1 DESC LIMIT 1`,
    [idOrName],
  );
  return row;
}

export async function lockHost(sql: Sql, id: HostId): Promise<LockedHost | undefined> {
  const [row] = await sql.query<LockedHost>(
    `SELECT id, name, boot_id AS "bootId", past_boot_ids AS "pastBootIds", sequence, conditions,
            inventory_hash AS "inventoryHash", desired_generation AS "desiredGeneration"
     FROM host WHERE id = $1 FOR NO KEY UPDATE`,
    [id],
  );
  return row;
}

/** Which facts of a host are meant. */
export interface HostVersion {
  id: HostId;
  /** To be compared only: a server that took over may count on from fewer commits, so it names the server too. */
  factsVersion: string;
}

/** What is desired of it has changed. */
export interface RaisedHost extends HostVersion {
  generation: Generation;
}

const FACTS_VERSION = `facts_version || ' on ' || pg_postmaster_start_time() AS "factsVersion"`;

export async function lockHosts(sql: Sql, ids: readonly HostId[]): Promise<HostVersion[]> {
  return sql.query<HostVersion>(
    `SELECT id, ${FACTS_VERSION} FROM host WHERE id = ANY ($1::uuid[])
     ORDER BY id FOR NO KEY UPDATE`,
    [ids],
  );
}

/** Answers with the `HostVersion`. */
export const factsVersions = (ids: readonly HostId[]): Statement => [
  `SELECT id, ${FACTS_VERSION} FROM host WHERE id = ANY ($1::uuid[])`,
  [ids],
];

/** Answers with the `RaisedHost`s. */
export const raiseDesired = (ids: readonly HostId[]): Statement => [
  `UPDATE host SET desired_generation = desired_generation + 1
   WHERE id = ANY ($1::uuid[])
   RETURNING id, desired_generation AS generation, ${FACTS_VERSION}`,
  [ids],
];

export async function generations(
  sql: Sql,
  id: HostId,
): Promise<{ desired: Generation; observed: Generation } | undefined> {
  const [row] = await sql.query<{ desired: Generation; observed: Generation }>(
    'SELECT desired_generation AS desired, observed_generation AS observed FROM host WHERE id = $1',
    [id],
  );
  return row;
}

export async function setService(
  sql: Sql,
  id: HostId,
  { cordoned, draining }: ServiceFlags,
): Promise<void> {
  await sql.query(
    'UPDATE host SET cordoned = $2, draining = $3, version = version + 1 WHERE id = $1',
    [id, cordoned, draining],
  );
}

export async function stampReport(
  sql: Sql,
  id: HostId,
  report: ObservedState,
  pastBootIds: readonly string[],
  { inventoryHash, reportHash }: ReportHashes,
): Promise<void> {
  await sql.query(
    `UPDATE host SET boot_id = $2, sequence = $3, observed_generation = $4, kernel_release = $5,
            agent_version = $6, conditions = $7, past_boot_ids = $8, inventory_hash = $9,
            last_seen_at = clock_timestamp(), report_hash = $10, report_books = ${BOOKS},
            report_until = clock_timestamp() + ${WHOLE_AGAIN_AFTER}
     WHERE id = $1`,
    [
      id,
      report.bootId,
      report.sequence,
      report.observedGeneration,
      report.kernelRelease,
      report.agentVersion,
      JSON.stringify(report.conditions),
      pastBootIds,
      inventoryHash,
      reportHash,
    ],
  );
}

/**
 * Takes reports that say what the last whole one of their host said, while the books are as they were before
 * that one: then it could change nothing but when the host was last seen. The answer is the hosts of which
 * that is so. One that is locked is left out rather than waited for, since all the others would wait too. The
 * commit does not wait for the disk. A crash of the database may take the stamp away, and with it that an older
 * report was overtaken: one that comes late all the same is then believed until the host's next report.
 */
export async function stampUnchanged(
  sql: Sql,
  reports: readonly UnchangedReport[],
): Promise<HostId[]> {
  const rows = await sql.query<{ id: HostId }>(
    `WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true)),
     unchanged AS (
       SELECT host.id, told.sequence
       FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS told (id, sequence, hash)
       JOIN host ON host.id = told.id AND report_hash = told.hash AND host.sequence < told.sequence
         AND report_books = ${BOOKS} AND report_until > clock_timestamp()
       ORDER BY host.id FOR NO KEY UPDATE OF host SKIP LOCKED)
     UPDATE host SET sequence = unchanged.sequence, last_seen_at = clock_timestamp()
     FROM unhurried, unchanged WHERE host.id = unchanged.id RETURNING host.id`,
    [
      reports.map(({ hostId }) => hostId),
      reports.map(({ sequence }) => sequence),
      reports.map(({ reportHash }) => reportHash),
    ],
  );
  return rows.map(({ id }) => id);
}
