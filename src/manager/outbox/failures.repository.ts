import type { HostId, TargetId } from '../../../libs/contract/index.js';
import type { DeliveryState } from '../../../libs/lifecycle/index.js';
import type { Sql } from '../database/database.service.js';
import type { OutboxKind } from './outbox.repository.js';

export interface Failure {
  id: number;
  kind: OutboxKind;
  subjectId: string;
  state: DeliveryState;
  attempts: number;
}

const COLUMNS = 'id, kind, subject_id AS "subjectId", state, attempts';

/** The row of a message, new or known, under lock. A new one counts the try that has just failed. */
export async function lockFailure(
  sql: Sql,
  kind: OutboxKind,
  subjectId: string,
  error: string,
): Promise<Failure> {
  const [row] = await sql.query<Failure>(
    `INSERT INTO failed_message (kind, subject_id, state, attempts, last_error, first_failed_at,
                                 last_failed_at, next_attempt_at)
     VALUES ($1, $2, 'trying', 1, $3, clock_timestamp(), clock_timestamp(), clock_timestamp())
     ON CONFLICT (kind, subject_id)
       DO UPDATE SET last_error = excluded.last_error, last_failed_at = excluded.last_failed_at
     RETURNING ${COLUMNS}`,
    [kind, subjectId, error],
  );
  if (!row) throw new Error('INSERT … RETURNING gave no row');
  return row;
}

/** Failures whose time has come, under lock. */
export async function lockDue(sql: Sql, limit: number): Promise<Failure[]> {
  return sql.query<Failure>(
    `SELECT ${COLUMNS} FROM failed_message
     WHERE state <> 'dead' AND next_attempt_at <= clock_timestamp()
     ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
    [limit],
  );
}

export async function setState(
  sql: Sql,
  id: number,
  state: DeliveryState,
  attempts: number,
  pauseSeconds: number,
): Promise<void> {
  await sql.query(
    `UPDATE failed_message SET state = $2, attempts = $3,
            next_attempt_at = clock_timestamp() + make_interval(secs => $4) WHERE id = $1`,
    [id, state, attempts, pauseSeconds],
  );
}

export async function deleteTried(
  sql: Sql,
  kind: OutboxKind,
  subjectIds: readonly string[],
): Promise<void> {
  await sql.query(
    `DELETE FROM failed_message WHERE kind = $1 AND subject_id = ANY ($2::uuid[]) AND state = 'trying'`,
    [kind, subjectIds],
  );
}

/** Needs that were settled by another message, or are no longer wanted. */
export async function deleteSettled(sql: Sql): Promise<void> {
  await sql.query(
    `DELETE FROM failed_message USING need
     WHERE kind = 'place' AND need.id = subject_id AND need.state NOT IN ('open', 'unmet')`,
  );
}

export interface Subject {
  hostId: HostId | null;
  targetId: TargetId | null;
}

export async function subjectOf(sql: Sql, kind: OutboxKind, id: string): Promise<Subject> {
  const [row] = await sql.query<Subject>(
    `SELECT host_id AS "hostId", target_id AS "targetId" FROM need WHERE $1 = 'place' AND id = $2
     UNION ALL SELECT id, NULL FROM host WHERE $1 = 'deliver' AND id = $2`,
    [kind, id],
  );
  return row ?? { hostId: null, targetId: null };
}
