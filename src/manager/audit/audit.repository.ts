import type { AuditEntry } from '../../../libs/contract/index.js';
import type { Sql } from '../database/database.service.js';
import { SEQ_KEY, type Keyed, type PageRequest } from '../paging.js';

export type NewAuditEntry = Omit<AuditEntry, 'id' | 'at'>;

export async function insertEntry(sql: Sql, entry: NewAuditEntry): Promise<void> {
  await sql.query(
    `INSERT INTO audit (actor, role, action, subject, reason, detail)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [
      entry.actor,
      entry.role,
      entry.action,
      entry.subject,
      entry.reason,
      JSON.stringify(entry.detail),
    ],
  );
}

export interface AuditFilter {
  actor: string | null;
  /** A whole action, or what it is done to: `pool` stands for every `pool.…`. */
  action: string | null;
  subject: string | null;
  since: string | null;
}

/** Newest first. */
export async function listEntries(
  sql: Sql,
  page: PageRequest,
  filter: AuditFilter,
): Promise<Keyed<AuditEntry>[]> {
  return sql.query<Keyed<AuditEntry>>(
    `SELECT ${SEQ_KEY('id')} AS "pageKey", id, at, actor, role, action, subject, reason, detail
     FROM audit
     WHERE ($1::text IS NULL OR id < $1::bigint) AND ($3::text IS NULL OR actor = $3)
       AND ($4::text IS NULL OR action = $4 OR starts_with(action, $4 || '.'))
       AND ($5::text IS NULL OR subject = $5) AND ($6::timestamptz IS NULL OR at >= $6)
     ORDER BY id DESC LIMIT $2`,
    [page.after, page.limit + 1, filter.actor, filter.action, filter.subject, filter.since],
  );
}
