import type { Sql } from '../database/database.service.js';
import type { Keyed, PageRequest } from '../paging.js';
import { SEQ_KEY } from '../paging.js';
import type { AuditEntry } from '../../../libs/contract/index.js';

export type NewAuditEntry = Omit<AuditEntry, 'id' | 'at'>;

export async function insertEntry(sql: Sql, entry: NewAuditEntry): Promise<void> {
  await sql.query(
    'INSERT INTO audit (actor, role, action, subject, detail) VALUES ($1, $2, $3, $4, $5)',
    [entry.actor, entry.role, entry.action, entry.subject, JSON.stringify(entry.detail)],
  );
}

/** Newest first. */
export async function listEntries(sql: Sql, page: PageRequest): Promise<Keyed<AuditEntry>[]> {
  return sql.query<Keyed<AuditEntry>>(
    `SELECT ${SEQ_KEY('id')} AS "pageKey", id, at, actor, role, action, subject, detail FROM audit
     WHERE $1::text IS NULL OR id < $1::bigint ORDER BY id DESC LIMIT $2`,
    [page.after, page.limit + 1],
  );
}
