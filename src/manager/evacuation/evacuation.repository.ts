import type { Condition, Generation, HostId, TargetId } from '../../../libs/contract/index.js';
import type { HeldLease } from '../../../libs/evacuation/index.js';
import type { Sql } from '../database/database.service.js';

/** A target with leases that are to go or on their way, or of which the books still say so. */
export interface ConcernedTarget {
  id: TargetId;
  name: string;
  conditions: readonly Condition[];
  tableGeneration: Generation;
  lowWaterBlocks: number;
  /** In grant order; those that are to be wiped are not among them. */
  leases: HeldLease[];
  /** Leases of it are to be wiped. */
  wipes: boolean;
}

export const CONDITION = 'LeasesEvacuated';

export async function concernedTargets(sql: Sql, hostId: HostId): Promise<ConcernedTarget[]> {
  return sql.query<ConcernedTarget>(
    `SELECT target.id, target.name, target.conditions, coalesce(held.wipes, false) AS wipes,
            target.desired_table_generation AS "tableGeneration",
            (pool.policy->>'lowWaterBlocks')::int AS "lowWaterBlocks",
            coalesce(held.leases, '[]') AS leases
     FROM target JOIN pool ON pool.id = target.pool_id
     CROSS JOIN LATERAL (
       SELECT bool_or(lease.state = 'draining') AS wipes,
              bool_or(lease.state IN ('evacuating', 'leaving', 'draining')
                      OR spare.draining OR lender.draining) AS concerned,
              jsonb_agg(jsonb_build_object('id', lease.id, 'state', lease.state,
                'toGo', spare.draining OR lender.draining, 'usedBlocks', used_blocks,
                'freeBlocks', CASE health WHEN 'ok'
                  THEN greatest(total_blocks - used_blocks - retired_blocks, 0) ELSE 0 END,
                'generation', lease.generation, 'leftGeneration', left_generation)
                ORDER BY lease.seq) FILTER (WHERE lease.state <> 'draining') AS leases
       FROM lease JOIN spare ON spare.id = lease.spare_id JOIN host lender ON lender.id = spare.host_id
       WHERE lease.target_id = target.id AND lease.state NOT IN ('planned', 'released')) held
     WHERE target.host_id = $1 AND target.state = 'active' AND target.deleted_at IS NULL
       AND (held.concerned OR target.conditions::jsonb @> $2::jsonb)
     ORDER BY target.name`,
    [hostId, JSON.stringify([{ type: CONDITION, status: 'False' }])],
  );
}
