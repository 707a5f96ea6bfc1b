import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { PinoLogger } from 'nestjs-pino';
import { DatabaseService, LOCKS } from '../database/database.service.js';
import { IdempotencyService } from '../idempotency/idempotency.service.js';
import { NeedsService } from '../needs/needs.service.js';
import { FailuresService } from '../outbox/failures.service.js';
import { RelayService } from './relay.service.js';

const EVERY_MS = 2000;
const NEEDS_PER_SWEEP = 100;

/** What must happen is a row; whatever was lost on the way, this finds it again. One manager at a time. */
@Injectable()
export class SweeperService {
  private sweeping = false;

  constructor(
    private readonly database: DatabaseService,
    private readonly needs: NeedsService,
    private readonly failures: FailuresService,
    private readonly idempotency: IdempotencyService,
    private readonly relay: RelayService,
    private readonly log: PinoLogger,
  ) {
    log.setContext(SweeperService.name);
  }

  @Interval(EVERY_MS)
  async sweep(): Promise<void> {
    if (this.sweeping || !this.database.isReady) return;
    this.sweeping = true;
    try {
      await this.database.exclusively(LOCKS.sweep, async () => {
        await this.needs.redrive(NEEDS_PER_SWEEP);
        await this.failures.prune();
        await this.idempotency.prune();
        await this.relay.retryFailed();
        await this.relay.drain();
      });
    } catch (error) {
      this.log.debug({ err: error }, 'a sweep failed; the next one is near');
    } finally {
      this.sweeping = false;
    }
  }
}
