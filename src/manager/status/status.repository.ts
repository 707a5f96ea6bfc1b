import type { FleetStatus } from '../../../libs/contract/index.js';
import type { Sql } from '../database/database.service.js';

export async function fleetStatus(sql: Sql): Promise<FleetStatus> {
  const [row] = await sql.query<FleetStatus>(`
    WITH host_now AS (
      SELECT coalesce(last_seen_at > clock_timestamp() - interval '30 s', false) AS ready,
             observed_generation < desired_generation AS behind FROM host),
    target_now AS (
      SELECT target.state, target.present, target.observed, lent.free,
             (pool.policy->>'lowWaterBlocks')::int AS low
      FROM target JOIN pool ON pool.id = target.pool_id
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(total_blocks - used_blocks - retired_blocks)
                 FILTER (WHERE health = 'ok' AND lease.state IN ('granted', 'active')), 0) AS free
        FROM lease WHERE lease.target_id = target.id) lent
      WHERE target.deleted_at IS NULL),
    pool_now AS (
      SELECT pool.name, count(spare.id) AS spares,
             coalesce(sum(spare.lendable_sectors), 0) AS total, coalesce(sum(lent.sectors), 0) AS leased
      FROM pool LEFT JOIN spare ON spare.pool_id = pool.id AND spare.removed_at IS NULL
      LEFT JOIN LATERAL (
        SELECT sum(upper(extent) - lower(extent)) AS sectors FROM lease
        WHERE lease.spare_id = spare.id AND lease.state <> 'released') lent ON true
      GROUP BY pool.id)
    SELECT
      (SELECT jsonb_build_object('total', count(*), 'ready', count(*) FILTER (WHERE ready),
         'unreachable', count(*) FILTER (WHERE NOT ready),
         'behind', count(*) FILTER (WHERE behind)) FROM host_now) AS hosts,
      (SELECT jsonb_build_object('total', count(*), 'active', count(*) FILTER (WHERE state = 'active'),
         'lowOnSpace', count(*) FILTER (WHERE state = 'active' AND free < low),
         'withPending', count(*) FILTER (WHERE present AND (observed->>'pendingBlocks')::bigint > 0))
       FROM target_now) AS targets,
      (SELECT jsonb_build_object(
         'usedBlocks', coalesce(sum((observed->>'usedBlocks')::bigint) FILTER (WHERE present), 0),
         'pendingBlocks', coalesce(sum((observed->>'pendingBlocks')::bigint) FILTER (WHERE present), 0))
       FROM target_now) AS remaps,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('name', name, 'spares', spares,
         'totalSectors', total, 'leasedSectors', leased) ORDER BY name), '[]') FROM pool_now) AS pools,
      (SELECT jsonb_build_object('open', count(*) FILTER (WHERE state = 'open'),
         'placed', count(*) FILTER (WHERE state = 'placed'),
         'unmet', count(*) FILTER (WHERE state = 'unmet')) FROM need) AS needs`);
  if (!row) throw new Error('a SELECT without FROM gave no row');
  return row;
}
