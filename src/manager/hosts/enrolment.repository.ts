import type { HostId } from '../../../libs/contract/index.js';
import type { Sql } from '../database/database.service.js';

export async function insertToken(sql: Sql, hash: Buffer, ttlSeconds: number): Promise<string> {
  const [row] = await sql.query<{ expiresAt: string }>(
    `INSERT INTO enrolment_token (token_hash, expires_at)
     VALUES ($1, now() + make_interval(secs => $2)) RETURNING expires_at AS "expiresAt"`,
    [hash, ttlSeconds],
  );
  if (!row) throw new Error('INSERT … RETURNING gave no row');
  return row.expiresAt;
}

/** Of any number of callers with one token exactly one gets its id. */
export async function useToken(sql: Sql, hash: Buffer): Promise<string | undefined> {
  const [row] = await sql.query<{ id: string }>(
    `UPDATE enrolment_token SET used_at = now()
     WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now() RETURNING id`,
    [hash],
  );
  return row?.id;
}

export async function rememberUser(sql: Sql, tokenId: string, hostId: HostId): Promise<void> {
  await sql.query('UPDATE enrolment_token SET host_id = $2 WHERE id = $1', [tokenId, hostId]);
}
