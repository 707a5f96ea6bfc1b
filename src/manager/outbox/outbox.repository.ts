import type { QueueKind } from '../../../libs/contract/index.js';
import type { Sql, Statement } from '../database/database.service.js';

export type OutboxKind = QueueKind;

export interface OutboxRow {
  id: number;
  kind: OutboxKind;
  subjectId: string;
  attempts: number;
}

/** Claimed by whoever inserts them: nobody is nearer to them. */
export const insertMessages = (kind: OutboxKind, subjectIds: readonly string[]): Statement => [
  `INSERT INTO outbox (kind, subject_id, claimed_at, attempts)
   SELECT $1, unnest($2::uuid[]), clock_timestamp(), 1
   RETURNING id, kind, subject_id AS "subjectId", attempts`,
  [kind, subjectIds],
];

/**
 * Takes over what was claimed more than ten seconds ago: whoever claimed it is taken for dead. What is to be
 * claimed is materialized, since a plan that looks for it again for each row would lock another lot each time.
 */
export async function claimMessages(sql: Sql, limit: number): Promise<OutboxRow[]> {
  return sql.query<OutboxRow>(
    `WITH free AS MATERIALIZED (
       SELECT id FROM outbox WHERE claimed_at IS NULL OR claimed_at < now() - interval '10 s'
       ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
     UPDATE outbox SET claimed_at = now(), attempts = attempts + 1
     FROM free WHERE outbox.id = free.id
     RETURNING outbox.id, kind, subject_id AS "subjectId", attempts`,
    [limit],
  );
}

export async function deleteMessages(sql: Sql, ids: readonly number[]): Promise<void> {
  await sql.query('DELETE FROM outbox WHERE id = ANY($1::bigint[])', [ids]);
}
