import { Injectable } from '@nestjs/common';
import {
  NeedId,
  QueueKind,
  type DeadLetter,
  type QueueStatus,
} from '../../../libs/contract/index.js';
import { deliveryLifeCycle, step } from '../../../libs/lifecycle/index.js';
import type { Actor } from '../access.js';
import { AuditService } from '../audit/audit.service.js';
import { DatabaseService, type Tx } from '../database/database.service.js';
import { NeedsService } from '../needs/needs.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import { notFound } from '../problem.js';
import { QueueService } from '../queue/queue.service.js';
import * as repository from './dead-letters.repository.js';

/** What people see of the queue, and what they decide over messages that failed too often. */
@Injectable()
export class DeadLettersService {
  constructor(
    private readonly database: DatabaseService,
    private readonly queue: QueueService,
    private readonly needs: NeedsService,
    private readonly audit: AuditService,
  ) {}

  async status(): Promise<QueueStatus> {
    const depths = await repository.depths(this.database, QueueKind.options);
    const jobs = await Promise.all(depths.map(({ kind }) => this.queue.jobCounts(kind)));
    return {
      redis: (await this.queue.ping()) ? 'up' : 'down',
      kinds: depths.map((depth, i) => ({ ...depth, jobs: jobs[i] ?? null })),
    };
  }

  async list(page: PageRequest, kind: QueueKind | null): Promise<PageOf<DeadLetter>> {
    const rows = await repository.listDeadLetters(this.database, page, kind);
    return toPage<DeadLetter>(rows, page.limit);
  }

  async retry(id: number, actor: Actor): Promise<void> {
    await this.database.transaction(async (tx) => {
      const letter = await this.lock(tx, id);
      step(deliveryLifeCycle, 'dead', 'waiting');
      await repository.setWaiting(tx, id);
      await this.audit.record(tx, actor, 'dead-letter.retry', String(id), this.detail(letter));
    });
  }

  async discard(id: number, actor: Actor & { reason: string }): Promise<void> {
    await this.database.transaction(async (tx) => {
      const letter = await this.lock(tx, id);
      step(deliveryLifeCycle, 'dead', 'discarded');
      if (letter.kind === 'place') {
        const why = `given up by ${actor.name}: ${actor.reason}`;
        await this.needs.giveUp(tx, NeedId.parse(letter.subjectId), why);
      }
      await repository.deleteLetter(tx, id);
      await this.audit.record(tx, actor, 'dead-letter.discard', String(id), this.detail(letter));
    });
  }

  private async lock(tx: Tx, id: number): Promise<DeadLetter> {
    const letter = await repository.lockDeadLetter(tx, id);
    if (!letter)
      throw notFound(
        'dead-letter',
        String(id),
        '`dmremap queue dead-letters` shows those there are',
      );
    return letter;
  }

  private detail({ kind, subjectId, attempts, lastError }: DeadLetter) {
    return { kind, subjectId, attempts, lastError };
  }
}
