import type { PlacementDecision, TargetId } from '../../../libs/contract/index.js';
import type { Sql } from '../database/database.service.js';
import { SEQ_KEY, type Keyed, type PageRequest } from '../paging.js';

/** Of a need that is tried in vain again and again only the last decision is kept. */
export async function insertDecision(sql: Sql, decision: PlacementDecision): Promise<void> {
  await sql.query(`DELETE FROM decision WHERE need_id = $1 AND outcome = 'unmet'`, [
    decision.needId,
  ]);
  await sql.query(
    'INSERT INTO decision (need_id, target_id, outcome, body) VALUES ($1, $2, $3, $4)',
    [decision.needId, decision.targetId, decision.outcome, JSON.stringify(decision)],
  );
}

/** Newest first. */
export async function listDecisions(
  sql: Sql,
  page: PageRequest,
  targetId: TargetId | null,
): Promise<Keyed<PlacementDecision>[]> {
  const rows = await sql.query<{ pageKey: string; body: PlacementDecision }>(
    `SELECT ${SEQ_KEY('seq')} AS "pageKey", body FROM decision
     WHERE ($1::text IS NULL OR seq < $1::bigint) AND ($3::uuid IS NULL OR target_id = $3)
     ORDER BY seq DESC LIMIT $2`,
    [page.after, page.limit + 1, targetId],
  );
  return rows.map(({ pageKey, body }) => ({ ...body, pageKey }));
}
