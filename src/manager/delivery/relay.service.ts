import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { HostId, NeedId } from '../../../libs/contract/index.js';
import { OutboxService, type OutboxKind, type OutboxRow } from '../outbox/outbox.service.js';
import { PlacementService } from '../placement/placement.service.js';
import { QueueService, QueueUnavailable } from '../queue/queue.service.js';
import { DeliveryService } from './delivery.service.js';

/** Rows claimed at once, and the most ids in one job. */
const BATCH = 256;

/**
 * Brings outbox rows to the queue: claim, publish, then mark; rows of one kind that were claimed together
 * make one job. A crash in between repeats a job, which the handlers bear. Without Redis the handlers are
 * called here, so that only the spreading of work is lost.
 */
@Injectable()
export class RelayService implements OnApplicationBootstrap {
  private running: Promise<void> | undefined;
  private again = false;

  constructor(
    private readonly outbox: OutboxService,
    private readonly queue: QueueService,
    private readonly placement: PlacementService,
    private readonly delivery: DeliveryService,
    private readonly log: PinoLogger,
  ) {
    log.setContext(RelayService.name);
  }

  onApplicationBootstrap(): void {
    this.outbox.onAdded(() => void this.drain());
  }

  /** One drain at a time; a call while one runs makes it look once more. Never throws. */
  async drain(): Promise<void> {
    this.again = true;
    this.running ??= this.run().finally(() => {
      this.running = undefined;
    });
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      while (this.again) {
        this.again = false;
        const rows = await this.outbox.claim(BATCH);
        if (rows.length === 0) continue;
        await Promise.all([this.bring('place', rows), this.bring('deliver', rows)]);
        this.again ||= rows.length === BATCH;
      }
    } catch (error) {
      this.log.debug({ err: error }, 'the outbox waits for the next sweep');
    }
  }

  /** Rows that fail stay claimed, so that they are tried again when the claim has run out. */
  private async bring(kind: OutboxKind, claimed: readonly OutboxRow[]): Promise<void> {
    const rows = claimed.filter((row) => row.kind === kind);
    if (rows.length === 0) return;
    const subjectIds = [...new Set(rows.map((row) => row.subjectId))];
    try {
      await this.queue.publish(kind, subjectIds).catch(async (error: unknown) => {
        if (!(error instanceof QueueUnavailable)) throw error;
        await this.handleHere(kind, subjectIds);
      });
      await this.outbox.markPublished(rows.map(({ id }) => id));
    } catch (error) {
      this.log.warn({ err: error, rows }, 'outbox rows could not be handled; they are tried again');
    }
  }

  private async handleHere(kind: OutboxKind, subjectIds: readonly string[]): Promise<void> {
    switch (kind) {
      case 'place':
        return this.placement.place(subjectIds.map((id) => NeedId.parse(id)));
      case 'deliver':
        return this.delivery.deliver(subjectIds.map((id) => HostId.parse(id)));
    }
  }
}
