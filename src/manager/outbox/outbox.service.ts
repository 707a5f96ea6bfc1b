import { Injectable } from '@nestjs/common';
import { DatabaseService, type Tx } from '../database/database.service.js';
import * as repository from './outbox.repository.js';
import type { OutboxKind, OutboxRow } from './outbox.repository.js';

export type { OutboxKind, OutboxRow } from './outbox.repository.js';

type Listener = () => void;

/** Messages that exist if and only if the change they tell of was committed. */
@Injectable()
export class OutboxService {
  private listener: Listener | undefined;
  private readonly announced = new WeakSet<Tx>();

  constructor(private readonly database: DatabaseService) {}

  async addAll(tx: Tx, kind: OutboxKind, subjectIds: readonly string[]): Promise<void> {
    if (subjectIds.length === 0) return;
    await repository.insertMessages(tx, kind, subjectIds);
    if (this.announced.has(tx)) return;
    this.announced.add(tx);
    tx.afterCommit(() => this.listener?.());
  }

  /** Called after each commit that left messages; the relay's short cut past the sweeper. */
  onAdded(listener: Listener): void {
    this.listener = listener;
  }

  async claim(limit: number): Promise<OutboxRow[]> {
    return repository.claimMessages(this.database, limit);
  }

  /** They were handed over, handled, or noted as failed. */
  async remove(ids: readonly number[]): Promise<void> {
    if (ids.length > 0) await repository.deleteMessages(this.database, ids);
  }
}
