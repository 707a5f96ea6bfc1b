import type { Sql } from '../database/database.service.js';
import type { RequestKey } from '../request-key.js';

const KEPT_FOR = "interval '24 h'";

/** False when the key is taken. Waits for a transaction that is about to take it. */
export async function claimKey(sql: Sql, { actor, key, hash }: RequestKey): Promise<boolean> {
  await sql.query(
    `DELETE FROM answered_request WHERE actor = $1 AND key = $2 AND created_at < now() - ${KEPT_FOR}`,
    [actor, key],
  );
  const rows = await sql.query<{ key: string }>(
    `INSERT INTO answered_request (actor, key, request_hash) VALUES ($1, $2, $3)
     ON CONFLICT DO NOTHING RETURNING key`,
    [actor, key, hash],
  );
  return rows.length === 1;
}

export async function keepAnswer(
  sql: Sql,
  { actor, key }: RequestKey,
  answer: unknown,
): Promise<void> {
  await sql.query('UPDATE answered_request SET answer = $3 WHERE actor = $1 AND key = $2', [
    actor,
    key,
    JSON.stringify(answer),
  ]);
}

export interface Answered {
  hash: Buffer;
  /** Null when it held a secret. */
  answer: unknown;
}

export async function answered(
  sql: Sql,
  { actor, key }: RequestKey,
): Promise<Answered | undefined> {
  const [row] = await sql.query<Answered>(
    'SELECT request_hash AS hash, answer FROM answered_request WHERE actor = $1 AND key = $2',
    [actor, key],
  );
  return row;
}

export async function deleteOld(sql: Sql): Promise<void> {
  await sql.query(`DELETE FROM answered_request WHERE created_at < now() - ${KEPT_FOR}`);
}
