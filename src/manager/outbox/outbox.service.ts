import { Injectable } from '@nestjs/common';
import { DatabaseService, type Tx } from '../database/database.service.js';
import * as repository from './outbox.repository.js';
import type { OutboxKind, OutboxRow } from './outbox.repository.js';

export type { OutboxKind, OutboxRow } from './outbox.repository.js';

type Listener = (rows: readonly OutboxRow[]) => void;

/** Messages that exist if and only if the change they tell of was committed. */
@Injectable()
export class OutboxService {
  private listener: Listener | undefined;

  constructor(private readonly database: DatabaseService) {}

  addAll(tx: Tx, kind: OutboxKind, subjectIds: readonly string[]): void {
    if (subjectIds.length === 0) return;
    tx.withCommit<OutboxRow>(repository.insertMessages(kind, subjectIds), (rows) =>
      this.listener?.(rows),
    );
  }

  /** Called after a commit with messages that it left, which are claimed for the listener. */
  onAdded(listener: Listener): void {
    this.listener = listener;
  }

  /** Messages that somebody was to bring and did not. */
  async claim(limit: number): Promise<OutboxRow[]> {
    return repository.claimMessages(this.database, limit);
  }

  /** They were handed over, handled, or noted as failed. */
  async remove(ids: readonly number[]): Promise<void> {
    if (ids.length > 0) await repository.deleteMessages(this.database, ids);
  }
}
