import type { NeedId, PlacementDecision, TargetId } from '../../../libs/contract/index.js';
import { listOfTexts, textsOf, type Sql, type Statement } from '../database/database.service.js';
import { SEQ_KEY, type Keyed, type PageRequest } from '../paging.js';
import { presentForm, type EarlierDecision } from './earlier-decision.js';
import {
  byName,
  fromStored,
  namesIn,
  toStored,
  type DecisionColumns,
  type NamedSpare,
  type StoredDecision,
} from './stored-decision.js';

/** Of a need that is tried in vain again and again only the last decision is kept. */
export const forgetVainDecisions = (needIds: readonly NeedId[]): Statement => [
  `DELETE FROM decision WHERE need_id = ANY ($1::uuid[]) AND outcome = 'unmet'`,
  [needIds],
];

/** A decision as it is stored, its body as JSON text. */
export interface DecisionRow extends DecisionColumns {
  body: string;
}

/** With the number of each of its candidates. */
export function rowOf(decision: PlacementDecision, numbers: readonly number[]): DecisionRow {
  const { needId, targetId, outcome } = decision;
  if (needId === null) throw new Error('the decision is of no need in the books');
  return { needId, targetId, outcome, body: JSON.stringify(toStored(decision, numbers)) };
}

export const insertDecisions = (decisions: readonly DecisionRow[]): Statement => [
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
];

/** Newest first. */
export async function listDecisions(
  sql: Sql,
  page: PageRequest,
  targetId: TargetId | null,
): Promise<Keyed<PlacementDecision>[]> {
  const rows = await sql.query<
    DecisionColumns & { pageKey: string; body: StoredDecision | EarlierDecision }
  >(
    `SELECT ${SEQ_KEY('seq')} AS "pageKey", need_id AS "needId", target_id AS "targetId", outcome, body
     FROM decision
     WHERE ($1::text IS NULL OR seq < $1::bigint) AND ($3::uuid IS NULL OR target_id = $3)
     ORDER BY seq DESC LIMIT $2`,
    [page.after, page.limit + 1, targetId],
  );
  const decisions = rows.map(({ body, ...columns }) => ({ ...columns, stored: presentForm(body) }));
  const names = [...new Set(decisions.flatMap(({ stored }) => namesIn(stored)))];
  const spares = await sql.query<NamedSpare>(
    `SELECT id AS "spareId", number, device_id AS "deviceId", host_id AS "hostId" FROM spare
     WHERE number = ANY ($1::int[]) OR id = ANY ($2::uuid[])`,
    [
      names.filter((name) => typeof name === 'number'),
      names.filter((name) => typeof name === 'string'),
    ],
  );
  const named = byName(spares);
  return decisions.map(({ pageKey, stored, ...columns }) => ({
    ...fromStored(columns, stored, named),
    pageKey,
  }));
}
