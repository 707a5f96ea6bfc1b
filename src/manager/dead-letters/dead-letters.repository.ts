import type { DeadLetter, QueueKind } from '../../../libs/contract/index.js';
import type { Sql } from '../database/database.service.js';
import { SEQ_KEY, type Keyed, type PageRequest } from '../paging.js';

const SELECT = `
  SELECT ${SEQ_KEY('letter.id')} AS "pageKey", letter.id, letter.kind,
         letter.subject_id AS "subjectId", host.id AS "hostId", host.name AS "hostName",
         target.id AS "targetId", target.name AS "targetName", letter.attempts,
         letter.last_error AS "lastError", letter.first_failed_at AS "firstFailedAt",
         letter.last_failed_at AS "lastFailedAt"
  FROM failed_message letter
  LEFT JOIN need ON letter.kind = 'place' AND need.id = letter.subject_id
  LEFT JOIN target ON target.id = need.target_id
  LEFT JOIN host ON host.id = need.host_id OR (letter.kind = 'deliver' AND host.id = letter.subject_id)
  WHERE letter.state = 'dead'`;

/** Oldest first. */
export async function listDeadLetters(
  sql: Sql,
  page: PageRequest,
  kind: QueueKind | null,
): Promise<Keyed<DeadLetter>[]> {
  return sql.query<Keyed<DeadLetter>>(
    `${SELECT} AND ($1::text IS NULL OR letter.id > $1::bigint) AND ($3::text IS NULL OR letter.kind = $3)
     ORDER BY letter.id LIMIT $2`,
    [page.after, page.limit + 1, kind],
  );
}

export async function lockDeadLetter(sql: Sql, id: number): Promise<DeadLetter | undefined> {
  const [row] = await sql.query<DeadLetter>(`${SELECT} AND letter.id = $1 FOR UPDATE OF letter`, [
    id,
  ]);
  return row;
}

export async function setWaiting(sql: Sql, id: number): Promise<void> {
  await sql.query(
    `UPDATE failed_message SET state = 'waiting', attempts = 0, next_attempt_at = clock_timestamp()
     WHERE id = $1`,
    [id],
  );
}

export async function deleteLetter(sql: Sql, id: number): Promise<void> {
  await sql.query('DELETE FROM failed_message WHERE id = $1', [id]);
}

export interface Depth {
  kind: QueueKind;
  waiting: number;
  oldestSeconds: number | null;
  retrying: number;
  dead: number;
}

export async function depths(sql: Sql, kinds: readonly QueueKind[]): Promise<Depth[]> {
  return sql.query<Depth>(
    `SELECT kind, waiting.count AS waiting, waiting.oldest AS "oldestSeconds", failed.retrying, failed.dead
     FROM unnest($1::text[]) WITH ORDINALITY AS list (kind, n)
     CROSS JOIN LATERAL (
       SELECT count(*) AS count,
              extract(epoch FROM clock_timestamp() - min(created_at))::float8 AS oldest
       FROM outbox WHERE outbox.kind = list.kind) waiting
     CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE state <> 'dead') AS retrying,
              count(*) FILTER (WHERE state = 'dead') AS dead
       FROM failed_message WHERE failed_message.kind = list.kind) failed
     ORDER BY n`,
    [kinds],
  );
}
