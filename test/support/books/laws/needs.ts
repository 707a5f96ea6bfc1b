import type { PlacementDecision } from '../../../../libs/contract/index.js';
import { lawOf, type Law } from './law';

/** At rest. */
export const NEEDS: Law[] = [
  lawOf(
    'every need is fulfilled, unmet or cancelled',
    `SELECT id, state FROM need WHERE state NOT IN ('fulfilled', 'unmet', 'cancelled')`,
  ),
  lawOf(
    'an unmet need says why, and its decision does',
    `SELECT need.id, message FROM need LEFT JOIN decision ON need_id = need.id AND outcome = 'unmet'
     WHERE need.state = 'unmet' AND (message IS NULL OR need_id IS NULL)`,
  ),
  lawOf(
    'every placed need has one decision that says so',
    `SELECT lease.need_id FROM lease LEFT JOIN decision USING (need_id)
     GROUP BY lease.need_id HAVING count(*) FILTER (WHERE outcome = 'placed') <> 1`,
  ),
  lawOf(
    'every target got its first need, and one only',
    `SELECT target.id, count(need.id) FROM target LEFT JOIN need ON target_id = target.id AND cause = 'initial'
     GROUP BY target.id HAVING count(need.id) <> 1`,
  ),
  {
    law: 'a lease that was promised has its need',
    async broken(world) {
      const known = new Set(
        (await world.rows<{ id: string }>('SELECT id FROM need')).map((n) => n.id),
      );
      return [...world.asked].filter((id) => !known.has(id));
    },
  },
  {
    law: 'no need waits while a spare would serve it',
    async broken(world) {
      const waiting = await world.rows<{
        id: string;
        target: string;
        sectors: string;
        priority: number;
      }>(
        `SELECT need.id, target_id AS target, sectors, priority FROM need
         WHERE state = 'unmet' AND host_id = ANY ($1)`,
        [world.hosts.map(({ id }) => id)],
      );
      const broken: string[] = [];
      for (const { id, target, sectors, priority } of waiting) {
        const decision = await world.must<PlacementDecision>('POST', '/v1/placement/explain', {
          ...{ targetId: target, lengthSectors: Number(sectors) },
          priority: (['urgent', 'normal', 'low'] as const)[priority],
        });
        if (decision.outcome === 'placed') broken.push(`${id}: ${decision.chosenSpareId ?? ''}`);
      }
      return broken;
    },
  },
  lawOf(
    'nothing is left in the outbox or among the failed',
    `SELECT kind, subject_id, 'outbox' AS what FROM outbox
     UNION ALL SELECT kind, subject_id, state || ': ' || last_error FROM failed_message`,
  ),
  lawOf(
    'a target that is low has asked for more',
    `SELECT target.id FROM target JOIN pool ON pool.id = pool_id
     JOIN LATERAL (SELECT count(*) AS count, coalesce(sum(total_blocks - used_blocks - retired_blocks)
                     FILTER (WHERE health = 'ok'), 0) AS free
                   FROM lease WHERE target_id = target.id AND state = 'active') AS held ON true
     WHERE target.state = 'active' AND held.count < 128
       AND held.free < (pool.policy->>'lowWaterBlocks')::int
       AND NOT EXISTS (SELECT FROM need WHERE target_id = target.id AND state = 'unmet')`,
  ),
];
