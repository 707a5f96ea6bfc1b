import { Injectable } from '@nestjs/common';
import type { AuditEntry } from '../../../libs/contract/index.js';
import type { Actor } from '../access.js';
import { DatabaseService, type Sql } from '../database/database.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import * as repository from './audit.repository.js';

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
