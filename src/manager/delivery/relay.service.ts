import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { HostId, NeedId } from '../../../libs/contract/index.js';
import { OutboxService, type OutboxRow } from '../outbox/outbox.service.js';
import { PlacementService } from '../placement/placement.service.js';
import { QueueService, QueueUnavailable } from '../queue/queue.service.js';
import { DeliveryService } from './delivery.service.js';

const BATCH = 100;

/**
 * Brings outbox rows to the queue: claim, publish, then mark. A crash in between repeats a job, which the
 * handlers bear. Without Redis the handlers are called here, so that only the spreading of work is lost.
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
        const done = await Promise.all(rows.map((row) => this.bring(row)));
        await this.outbox.markPublished(rows.filter((_, i) => done[i]).map(({ id }) => id));
        this.again ||= rows.length === BATCH;
      }
    } catch (error) {
      this.log.debug({ err: error }, 'the outbox waits for the next sweep');
    }
  }

  /** False leaves the row claimed, so that it is tried again when the claim has run out. */
  private async bring(row: OutboxRow): Promise<boolean> {
    try {
      await this.queue.publish(row.kind, row.subjectId);
      return true;
    } catch (error) {
      if (!(error instanceof QueueUnavailable)) throw error;
    }
    try {
      await this.handleHere(row);
      return true;
    } catch (error) {
      this.log.warn({ err: error, row }, 'an outbox row could not be handled; it is tried again');
      return false;
    }
  }

  private async handleHere({ kind, subjectId }: OutboxRow): Promise<void> {
    switch (kind) {
      case 'place':
        return this.placement.place(NeedId.parse(subjectId));
      case 'deliver':
        return this.delivery.deliver(HostId.parse(subjectId));
    }
  }
}
