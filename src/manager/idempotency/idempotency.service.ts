import { Injectable } from '@nestjs/common';
import { DatabaseService, type Tx } from '../database/database.service.js';
import { conflict } from '../problem.js';
import { keyReused, type RequestKey } from '../request-key.js';
import * as repository from './idempotency.repository.js';

/** Requests that may be repeated: what was answered is kept in the transaction of the change, for a day. */
@Injectable()
export class IdempotencyService {
  constructor(private readonly database: DatabaseService) {}

  /** Does the work unless the same request did it before; then the answer is that of the first time. */
  async once<T>(tx: Tx, key: RequestKey | null, work: () => Promise<T>): Promise<T> {
    if (!key) return work();
    const before = await this.claim(tx, key);
    if (before) return before.answer as T;
    const answer = await work();
    await repository.keepAnswer(tx, key, answer);
    return answer;
  }

  /** As `once`, for an answer with a secret, which is not kept; a repeat is told what to do instead. */
  async onceWithSecret<T>(
    tx: Tx,
    key: RequestKey | null,
    instead: string,
    work: () => Promise<T>,
  ): Promise<T> {
    if (key && (await this.claim(tx, key)))
      throw conflict(
        'answer-held-secret',
        `A request with the Idempotency-Key ${key.key} was carried out before. Its answer held a secret, which is shown once and not kept; ${instead}.`,
      );
    return work();
  }

  async prune(): Promise<void> {
    await repository.deleteOld(this.database);
  }

  /** Undefined when the key is this request's now. */
  private async claim(tx: Tx, key: RequestKey): Promise<repository.Answered | undefined> {
    for (;;) {
      if (await repository.claimKey(tx, key)) return undefined;
      const before = await repository.answered(tx, key);
      // Pruned between the two looks.
      if (!before) continue;
      if (!before.hash.equals(key.hash)) throw keyReused(key.key);
      return before;
    }
  }
}
