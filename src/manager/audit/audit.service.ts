import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Timestamp } from '../../../libs/contract/index.js';
import type { Actor } from '../access.js';
import { DatabaseService, type Sql } from '../database/database.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import * as repository from './audit.repository.js';

export const AuditEntry = z.object({
  id: z.int(),
  at: Timestamp,
  actor: z.string(),
  role: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
});
export type AuditEntry = z.infer<typeof AuditEntry>;
export type NewAuditEntry = Omit<AuditEntry, 'id' | 'at'>;

@Injectable()
export class AuditService {
  constructor(private readonly database: DatabaseService) {}

  /** In the same transaction as the change, so that neither exists without the other. */
  async record(
    tx: Sql,
    actor: Actor,
    action: string,
    subject: string,
    detail: Record<string, unknown> = {},
  ): Promise<void> {
    await repository.insertEntry(tx, {
      actor: actor.name,
      role: actor.role,
      action,
      subject,
      detail,
    });
  }

  async list(page: PageRequest): Promise<PageOf<AuditEntry>> {
    return toPage<AuditEntry>(await repository.listEntries(this.database, page), page.limit);
  }
}
