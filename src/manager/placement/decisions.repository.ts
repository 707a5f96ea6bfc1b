import type { PlacementDecision, TargetId } from '../../../libs/contract/index.js';
import type { Sql } from '../database/database.service.js';
import { SEQ_KEY, type Keyed, type PageRequest } from '../paging.js';

/** Of a need that is tried in vain again and again only the last decision is kept. */
export async function insertDecisions(
  sql: Sql,
  decisions: readonly PlacementDecision[],
): Promise<void> {
  if (decisions.length === 0) return;
  const needIds = decisions.map(({ needId }) => needId);
  await sql.query(`DELETE FROM decision WHERE need_id = ANY ($1::uuid[]) AND outcome = 'unmet'`, [
    needIds,
  ]);
  await sql.query(
    `INSERT INTO decision (need_id, target_id, outcome, body)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::json[])`,
    [
      needIds,
      decisions.map(({ targetId }) => targetId),
      decisions.map(({ outcome }) => outcome),
      decisions.map((decision) => JSON.stringify(decision)),
    ],
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
