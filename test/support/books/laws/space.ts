import { lawOf } from './law';

/** At any moment. */
export const SPACE = [
  lawOf(
    'no sector is lent twice',
    `SELECT a.id, b.id AS other FROM lease a JOIN lease b ON a.spare_id = b.spare_id AND a.id < b.id
       AND a.extent && b.extent AND a.state <> 'released' AND b.state <> 'released'`,
  ),
  lawOf(
    'an extent lies within what its spare has to lend',
    `SELECT lease.id, extent, lendable_sectors FROM lease JOIN spare ON spare.id = spare_id
     WHERE NOT extent <@ int8range(2048, 2048 + lendable_sectors)`,
  ),
  lawOf(
    'no spare lends more than it has',
    `SELECT spare.id, lendable_sectors, sum(upper(extent) - lower(extent)) AS lent
     FROM lease JOIN spare ON spare.id = spare_id WHERE lease.state <> 'released'
     GROUP BY spare.id HAVING sum(upper(extent) - lower(extent)) > lendable_sectors`,
  ),
  lawOf(
    'a spare that was removed lends nothing',
    `SELECT lease.id FROM lease JOIN spare ON spare.id = spare_id
     WHERE removed_at IS NOT NULL AND lease.state <> 'released'`,
  ),
  lawOf(
    'space is lent again only after it was released',
    `SELECT a.id, b.id AS later FROM lease a JOIN lease b ON a.spare_id = b.spare_id AND a.seq < b.seq
       AND a.extent && b.extent WHERE a.state <> 'released' OR a.released_at > b.created_at`,
  ),
  lawOf(
    'a target has one table for each lease and each change on the way off a spare, and no lease of a later one',
    // What is told in one transaction was one change; a lease that was left out already goes without one.
    `SELECT target.id, desired_table_generation, lent.*, moved.* FROM target
       CROSS JOIN LATERAL (
         SELECT count(*) AS leases, count(DISTINCT generation) AS tables,
                coalesce(max(greatest(generation, left_generation)), 0) AS newest
         FROM lease WHERE lease.target_id = target.id) AS lent
       CROSS JOIN LATERAL (
         SELECT count(DISTINCT told) FILTER (WHERE changes) AS changes,
                count(*) FILTER (WHERE comes_back) AS back
         FROM (SELECT xmin::text AS told,
                      type IN ('lease.evacuated', 'lease.returned')
                        OR type = 'lease.left' AND before <> 'lease.evacuated' AS changes,
                      type = 'lease.returned' AND before = 'lease.evacuated' AS comes_back
               FROM (SELECT xmin, type,
                            lag(type) OVER (PARTITION BY data->>'leaseId' ORDER BY id) AS before
                     FROM event WHERE event.target_id = target.id
                       AND type IN ('lease.evacuating', 'lease.evacuated', 'lease.returned',
                                    'lease.left')) AS step) AS steps) AS moved
     WHERE newest > desired_table_generation OR desired_table_generation <> leases + changes
       OR tables < leases - back`,
  ),
  lawOf(
    'a need has a lease exactly when it was placed',
    `SELECT need.id, need.state, lease.id AS lease FROM need LEFT JOIN lease ON need_id = need.id
     WHERE CASE WHEN need.state IN ('placed', 'fulfilled') THEN lease.id IS NULL
                WHEN need.state IN ('open', 'unmet') THEN lease.id IS NOT NULL END`,
  ),
];
