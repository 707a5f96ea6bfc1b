import { Injectable } from '@nestjs/common';
import type { AuditEntry } from '../../../libs/contract/index.js';
import { DatabaseService, type Sql } from '../database/database.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import * as repository from './audit.repository.js';

export type { AuditFilter } from './audit.repository.js';

/** Whoever changes something: a person, or a host that enrols. */
export interface AuditActor {
  name: string;
  role: string;
  reason?: string | undefined;
}

@Injectable()
export class AuditService {
  constructor(private readonly database: DatabaseService) {}

  /**
   * In the same transaction as the change, so that neither exists without the other. The detail of an update
   * has what changed as `before` and `after`.
   */
  async record(
    tx: Sql,
    actor: AuditActor,
    action: string,
    subject: string,
    detail: Record<string, unknown> = {},
  ): Promise<void> {
    await repository.insertEntry(tx, {
      actor: actor.name,
      role: actor.role,
      action,
      subject,
      reason: actor.reason ?? null,
      detail,
    });
  }

  async list(page: PageRequest, filter: repository.AuditFilter): Promise<PageOf<AuditEntry>> {
    const rows = await repository.listEntries(this.database, page, filter);
    return toPage<AuditEntry>(rows, page.limit);
  }
}
