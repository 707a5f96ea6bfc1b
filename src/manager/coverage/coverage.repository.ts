import type {
  CoveredDomain,
  CoverageSummary,
  DomainCoverage,
  DomainLevel,
  HostId,
  PoolId,
} from '../../../libs/contract/index.js';
import type { TargetBooks } from '../../../libs/placement/index.js';
import type { Sql } from '../database/database.service.js';
import type { Keyed, PageRequest } from '../paging.js';

/** What of the books is no fact of a host, such as how full its leases are, is looked at again so often. */
const LASTS = `interval '1 hour'`;

const POLICIES = `(SELECT md5(string_agg(id::text || policy::text, '' ORDER BY id)) FROM pool)`;

/** True of a host whose coverage is not what would be worked out now. */
const IS_STALE = `(known.host_id IS NULL OR known.facts_version <> host.facts_version
  OR known.policies <> ${POLICIES} OR known.computed_at < clock_timestamp() - ${LASTS})`;

/** A host to look at again, and what it is looked at with. */
export interface StaleHost {
  id: HostId;
  factsVersion: number;
  policies: string;
}

/** Those never looked at come first. */
export async function staleHosts(sql: Sql, limit: number): Promise<StaleHost[]> {
  return sql.query<StaleHost>(
    `SELECT host.id, host.facts_version AS "factsVersion", coalesce(${POLICIES}, '') AS policies
     FROM host LEFT JOIN host_coverage known ON known.host_id = host.id
     WHERE ${IS_STALE} AND EXISTS (SELECT FROM pool)
     ORDER BY known.computed_at NULLS FIRST, host.id LIMIT $1`,
    [limit],
  );
}

/** What a target of the host holds. */
export type HeldBy = TargetBooks & { of: HostId };

/**
 * What the hosts' targets hold; those being deleted need no replacement. Leases are looked up target by target:
 * joined, all of the fleet's were gone through until they had been counted.
 */
export async function targetBooks(
  sql: Sql,
  hostIds: readonly HostId[],
): Promise<HeldBy[]> {
  return sql.query<HeldBy>(
    `SELECT target.host_id AS of, target.id AS "targetId", target.pool_id AS "poolId",
            target.block_sectors AS "blockSectors", held.leases
     FROM target CROSS JOIN LATERAL (
       SELECT jsonb_agg(jsonb_build_object('spareId', lease.spare_id,
                'sectors', upper(extent) - lower(extent),
                'freeBlocks', CASE WHEN health = 'ok' AND lease.state IN ('granted', 'active')
                  THEN greatest(total_blocks - used_blocks - retired_blocks, 0) ELSE 0 END)
                ORDER BY lease.seq) AS leases
       FROM lease WHERE lease.target_id = target.id AND lease.state <> 'released') AS held
     WHERE target.host_id = ANY ($1::uuid[]) AND target.state IN ('planned', 'active')
       AND held.leases IS NOT NULL`,
    [hostIds],
  );
}

export async function poolIds(sql: Sql): Promise<PoolId[]> {
  return (await sql.query<{ id: PoolId }>('SELECT id FROM pool ORDER BY id')).map(({ id }) => id);
}

/** Replaces what was known of the host. */
export async function keep(
  sql: Sql,
  host: { id: HostId; factsVersion: number; policies: string },
  domains: readonly DomainCoverage[],
): Promise<void> {
  await sql.query(
    `INSERT INTO host_coverage (host_id, facts_version, policies, computed_at)
     VALUES ($1, $2, $3, clock_timestamp())
     ON CONFLICT (host_id) DO UPDATE SET facts_version = EXCLUDED.facts_version,
       policies = EXCLUDED.policies, computed_at = EXCLUDED.computed_at`,
    [host.id, host.factsVersion, host.policies],
  );
  await sql.query('DELETE FROM domain_coverage WHERE host_id = $1', [host.id]);
  await sql.query(
    `INSERT INTO domain_coverage (host_id, pool_id, level, domain, domain_host_id, spare_ids,
       lost_sectors, needed_sectors, covered_sectors, arrays, short_arrays)
     SELECT $1, "poolId", level, domain, "hostId", "spareIds", "lostSectors", "neededSectors",
            "coveredSectors", jsonb_array_length(arrays),
            (SELECT coalesce(jsonb_agg(each), '[]') FROM jsonb_array_elements(arrays) AS each
             WHERE NOT (each->>'suffices')::boolean)
     FROM jsonb_to_recordset($2::jsonb) AS domain ("poolId" uuid, level text, domain text,
       "hostId" uuid, "spareIds" uuid[], "lostSectors" bigint, "neededSectors" bigint,
       "coveredSectors" bigint, arrays jsonb)`,
    [host.id, JSON.stringify(domains)],
  );
}

/** Domains, with what all their hosts say of them added up. */
const DOMAINS = `
  SELECT pool_id, level, domain, domain_host_id, sum(lost_sectors) AS lost,
         sum(needed_sectors) AS needed, sum(covered_sectors) AS covered, sum(arrays) AS arrays
  FROM domain_coverage GROUP BY pool_id, level, domain, domain_host_id`;

export interface DomainFilter {
  poolId: PoolId | null;
  level: DomainLevel | null;
  suffices: boolean | null;
}

/** What does not suffice first, then by pool, level, domain and host. */
export async function listDomains(
  sql: Sql,
  page: PageRequest,
  filter: DomainFilter,
): Promise<Keyed<CoveredDomain>[]> {
  return sql.query<Keyed<CoveredDomain>>(
    `WITH each AS (
       SELECT each.*, pool.name AS pool_name, host.name AS host_name,
              concat_ws(E'\\t', (covered >= needed)::int, pool.name, level, domain,
                        host.name) AS key
       FROM (${DOMAINS}) AS each JOIN pool ON pool.id = pool_id
       LEFT JOIN host ON host.id = domain_host_id),
     page AS (
       SELECT * FROM each
       WHERE ($1::text IS NULL OR key COLLATE "C" > $1) AND ($3::uuid IS NULL OR pool_id = $3)
         AND ($4::text IS NULL OR level = $4) AND ($5::boolean IS NULL OR (covered >= needed) = $5)
       ORDER BY key COLLATE "C" LIMIT $2)
     SELECT page.key AS "pageKey", page.pool_id AS "poolId", pool_name AS "poolName", page.level,
            page.domain, page.domain_host_id AS "hostId", host_name AS "hostName",
            page.lost::bigint AS "lostSectors", page.needed::bigint AS "neededSectors",
            page.covered::bigint AS "coveredSectors", page.arrays::bigint AS arrays,
            page.covered >= page.needed AS suffices, spares.ids AS "spareIds",
            short.arrays AS "shortArrays"
     FROM page
     CROSS JOIN LATERAL (
       SELECT coalesce(jsonb_agg(DISTINCT spare_id), '[]') AS ids
       FROM domain_coverage AS part CROSS JOIN unnest(spare_ids) AS spare_id
       WHERE part.pool_id = page.pool_id AND part.level = page.level AND part.domain = page.domain
         AND part.domain_host_id IS NOT DISTINCT FROM page.domain_host_id) AS spares
     CROSS JOIN LATERAL (
       SELECT coalesce(jsonb_agg(short || jsonb_build_object('hostName', host.name)
                         ORDER BY host.name, short->>'name'), '[]') AS arrays
       FROM domain_coverage AS part CROSS JOIN jsonb_array_elements(short_arrays) AS short
       JOIN host ON host.id = part.host_id
       WHERE part.pool_id = page.pool_id AND part.level = page.level AND part.domain = page.domain
         AND part.domain_host_id IS NOT DISTINCT FROM page.domain_host_id) AS short
     ORDER BY page.key COLLATE "C"`,
    [page.after, page.limit + 1, filter.poolId, filter.level, filter.suffices],
  );
}

export async function summary(sql: Sql): Promise<CoverageSummary> {
  const [row] = await sql.query<CoverageSummary>(
    `SELECT
       (SELECT coalesce(jsonb_agg(jsonb_build_object('poolId', pool_id, 'poolName', pool.name,
                 'level', level, 'domains', domains, 'shortDomains', short,
                 'worstShortfallSectors', worst)
               ORDER BY short = 0, pool.name, level), '[]')
        FROM (SELECT pool_id, level, count(*) AS domains,
                     count(*) FILTER (WHERE covered < needed) AS short,
                     max(needed - covered) AS worst
              FROM (${DOMAINS}) AS each GROUP BY pool_id, level) AS sums
        JOIN pool ON pool.id = pool_id) AS pools,
       (SELECT count(*) FROM host LEFT JOIN host_coverage known ON known.host_id = host.id
        WHERE ${IS_STALE} AND EXISTS (SELECT FROM pool)) AS "staleHosts",
       (SELECT to_json(min(computed_at)) FROM host_coverage) AS "asOf"`,
  );
  if (!row) throw new Error('a SELECT without FROM gave no row');
  return row;
}
