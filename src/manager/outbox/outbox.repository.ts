import type { Sql } from '../database/database.service.js';

/** place: look at that need. deliver: look whether that host has caught up. */
export type OutboxKind = 'place' | 'deliver';

export interface OutboxRow {
  id: number;
  kind: OutboxKind;
  subjectId: string;
  attempts: number;
}

export async function insertMessages(
  sql: Sql,
  kind: OutboxKind,
  subjectIds: readonly string[],
): Promise<void> {
  await sql.query('INSERT INTO outbox (kind, subject_id) SELECT $1, unnest($2::uuid[])', [
    kind,
    subjectIds,
  ]);
}

/** A claim lasts ten seconds: after that the one who claimed is taken for dead. */
export async function claimMessages(sql: Sql, limit: number): Promise<OutboxRow[]> {
  return sql.query<OutboxRow>(
    `UPDATE outbox SET claimed_at = now(), attempts = attempts + 1
     WHERE id IN (
       SELECT id FROM outbox
       WHERE published_at IS NULL AND (claimed_at IS NULL OR claimed_at < now() - interval '10 s')
       ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING id, kind, subject_id AS "subjectId", attempts`,
    [limit],
  );
}

export async function markPublished(sql: Sql, ids: readonly number[]): Promise<void> {
  await sql.query('UPDATE outbox SET published_at = now() WHERE id = ANY($1::bigint[])', [ids]);
}

export async function releaseClaims(sql: Sql, ids: readonly number[]): Promise<void> {
  await sql.query('UPDATE outbox SET claimed_at = NULL WHERE id = ANY($1::bigint[])', [ids]);
}

export async function deletePublished(sql: Sql): Promise<void> {
  await sql.query("DELETE FROM outbox WHERE published_at < now() - interval '1 hour'");
}
