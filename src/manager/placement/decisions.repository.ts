import type {
  DeviceId,
  HostId,
  NeedId,
  PlacementDecision,
  SpareId,
  TargetId,
} from '../../../libs/contract/index.js';
import { listOfTexts, textsOf, type Sql } from '../database/database.service.js';
import { SEQ_KEY, type Keyed, type PageRequest } from '../paging.js';
import {
  fromStored,
  toStored,
  type DecisionColumns,
  type StoredDecision,
} from './stored-decision.js';

/** Of a need that is tried in vain again and again only the last decision is kept. */
export async function forgetVainDecisions(sql: Sql, needIds: readonly NeedId[]): Promise<void> {
  if (needIds.length === 0) return;
  await sql.query(`DELETE FROM decision WHERE need_id = ANY ($1::uuid[]) AND outcome = 'unmet'`, [
    needIds,
  ]);
}

/** A decision as it is stored, its body as JSON text. */
export interface DecisionRow extends DecisionColumns {
  body: string;
}

export function rowOf(decision: PlacementDecision): DecisionRow {
  const { needId, targetId, outcome } = decision;
  if (needId === null) throw new Error('the decision is of no need in the books');
  return { needId, targetId, outcome, body: JSON.stringify(toStored(decision)) };
}

export async function insertDecisions(sql: Sql, decisions: readonly DecisionRow[]): Promise<void> {
  if (decisions.length === 0) return;
  await sql.query(
    `INSERT INTO decision (need_id, target_id, outcome, body)
     SELECT need_id, target_id, outcome, body
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], ${textsOf('$4')}::json[])
       AS made (need_id, target_id, outcome, body)`,
    [
      decisions.map(({ needId }) => needId),
      decisions.map(({ targetId }) => targetId),
      decisions.map(({ outcome }) => outcome),
      listOfTexts(decisions.map(({ body }) => body)),
    ],
  );
}

/** Newest first. */
export async function listDecisions(
  sql: Sql,
  page: PageRequest,
  targetId: TargetId | null,
): Promise<Keyed<PlacementDecision>[]> {
  const rows = await sql.query<DecisionColumns & { pageKey: string; body: StoredDecision }>(
    `SELECT ${SEQ_KEY('seq')} AS "pageKey", need_id AS "needId", target_id AS "targetId", outcome, body
     FROM decision
     WHERE ($1::text IS NULL OR seq < $1::bigint) AND ($3::uuid IS NULL OR target_id = $3)
     ORDER BY seq DESC LIMIT $2`,
    [page.after, page.limit + 1, targetId],
  );
  const spareIds = rows.flatMap(({ body: { kept, rejected } }) =>
    [...kept, ...rejected].map(([spareId]) => spareId),
  );
  const places = await sql.query<{ id: SpareId; deviceId: DeviceId; hostId: HostId }>(
    `SELECT id, device_id AS "deviceId", host_id AS "hostId" FROM spare
     WHERE id = ANY ($1::uuid[])`,
    [[...new Set(spareIds)]],
  );
  const byId = new Map(places.map((place) => [place.id, place]));
  return rows.map(({ pageKey, body, ...columns }) => ({
    ...fromStored(columns, body, byId),
    pageKey,
  }));
}
