import { Injectable } from '@nestjs/common';
import {
  deliveryLifeCycle,
  LONGEST_PAUSE_SECONDS,
  MAX_TRIES,
  pauseSecondsAfter,
  step,
} from '../../../libs/lifecycle/index.js';
import { DatabaseService, isDatabaseDown, type Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import * as repository from './failures.repository.js';
import type { Failure } from './failures.repository.js';
import type { OutboxKind } from './outbox.repository.js';

/** Messages on their way to their handler; `retry` when they failed before. */
export interface Delivery {
  kind: OutboxKind;
  subjectIds: readonly string[];
  retry: boolean;
}

/** Does it for all of them, or throws; what was done already does no harm when it is done again. */
export type Handler = (subjectIds: readonly string[]) => Promise<void>;

const textOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll('\0', '').slice(0, 2000);

/** What became of messages: a failed one is tried again after growing pauses, and in the end kept as dead. */
@Injectable()
export class FailuresService {
  constructor(
    private readonly database: DatabaseService,
    private readonly events: EventsService,
  ) {}

  /**
   * Calls the handler and notes how it went; the answer is the errors of those that failed. When several
   * fail together each is tried alone, since one may have failed the others. Throws when that could not be
   * noted, so that whoever holds the messages keeps them. That PostgreSQL is away is nobody's failure.
   */
  async attempt(delivery: Delivery, handler: Handler): Promise<Error[]> {
    const { kind, subjectIds, retry } = delivery;
    try {
      await handler(subjectIds);
    } catch (error) {
      if (isDatabaseDown(error)) throw error;
      if (subjectIds.length === 1) {
        await this.noteAll(kind, subjectIds, error);
        return [error instanceof Error ? error : new Error(String(error))];
      }
      const errors: Error[] = [];
      for (const subjectId of subjectIds)
        errors.push(...(await this.attempt({ ...delivery, subjectIds: [subjectId] }, handler)));
      return errors;
    }
    if (retry) await repository.deleteTried(this.database, kind, subjectIds);
    return [];
  }

  async noteAll(kind: OutboxKind, subjectIds: readonly string[], error: unknown): Promise<void> {
    for (const subjectId of subjectIds) await this.note(kind, subjectId, error);
  }

  /** A further message of one that waits or is dead, which fails too, changes only the reason. */
  private async note(kind: OutboxKind, subjectId: string, error: unknown): Promise<void> {
    await this.database.transaction(async (tx) => {
      const failure = await repository.lockFailure(tx, kind, subjectId, textOf(error));
      if (failure.state === 'trying') await this.settle(tx, failure, textOf(error));
    });
  }

  /** One that whoever took it up never got to an end with, often enough. */
  async bury(kind: OutboxKind, subjectId: string, why: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const failure = await repository.lockFailure(tx, kind, subjectId, why);
      if (failure.state === 'trying')
        await this.settle(tx, { ...failure, attempts: MAX_TRIES }, why);
    });
  }

  /** Takes failures whose time has come, to be handed over again now. */
  async takeDue(limit: number): Promise<{ kind: OutboxKind; subjectId: string }[]> {
    return this.database.transaction(async (tx) => {
      const taken: { kind: OutboxKind; subjectId: string }[] = [];
      for (const failure of await repository.lockDue(tx, limit)) {
        const { id, kind, subjectId, state, attempts } = failure;
        if (state === 'trying' && attempts >= MAX_TRIES) {
          await this.settle(tx, failure, 'the last try never ended');
          continue;
        }
        const next = step(deliveryLifeCycle, state, 'trying');
        await repository.setState(tx, id, next, attempts + 1, LONGEST_PAUSE_SECONDS);
        taken.push({ kind, subjectId });
      }
      return taken;
    });
  }

  async prune(): Promise<void> {
    await repository.deleteSettled(this.database);
  }

  private async settle(tx: Tx, failure: Failure, error: string): Promise<void> {
    const { id, kind, subjectId, state, attempts } = failure;
    const dead = attempts >= MAX_TRIES;
    const next = step(deliveryLifeCycle, state, dead ? 'dead' : 'waiting');
    await repository.setState(tx, id, next, attempts, dead ? 0 : pauseSecondsAfter(attempts));
    if (!dead) return;
    const { hostId, targetId } = await repository.subjectOf(tx, kind, subjectId);
    this.events.record(tx, {
      type: 'queue.dead-letter',
      severity: 'error',
      hostId,
      targetId,
      message: `a message (${kind}) failed ${attempts} times and is not tried again unasked: ${error}`,
      data: { deadLetterId: id, kind, subjectId, attempts, error },
    });
  }
}
