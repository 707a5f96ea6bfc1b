import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { HostId, NeedId } from '../../../libs/contract/index.js';
import { MAX_TRIES } from '../../../libs/lifecycle/index.js';
import { FailuresService, type Delivery } from '../outbox/failures.service.js';
import { OutboxService, type OutboxKind, type OutboxRow } from '../outbox/outbox.service.js';
import { PlacementService } from '../placement/placement.service.js';
import { QueueService, QueueUnavailable } from '../queue/queue.service.js';
import { DeliveryService } from './delivery.service.js';

/** Rows brought at once, and the most ids in one job. */
const BATCH = 256;

/** More is left to the sweepers, as if this manager had died over it: what waits here, waits in memory. */
const MOST_KEPT = 64 * BATCH;

/** The commit itself wakes those who wait for a host: the job is for whoever did not hear it, and can wait. */
const GATHER_MS = 100;

/**
 * Brings outbox rows to the queue: claim, publish, then delete; rows of one kind that are brought together
 * make one job. What this manager commits it has claimed already; what somebody left behind is claimed when the
 * sweeper asks for it. A crash in between repeats a job, which the handlers bear. Without Redis the handlers
 * are called here, so that only the spreading of work is lost.
 */
@Injectable()
export class RelayService implements OnApplicationBootstrap {
  private readonly committed: OutboxRow[] = [];
  private bringing = false;
  private later: NodeJS.Timeout | undefined;

  constructor(
    private readonly outbox: OutboxService,
    private readonly failures: FailuresService,
    private readonly queue: QueueService,
    private readonly placement: PlacementService,
    private readonly delivery: DeliveryService,
    private readonly log: PinoLogger,
  ) {
    log.setContext(RelayService.name);
  }

  onApplicationBootstrap(): void {
    this.outbox.onAdded((rows) => {
      for (const row of rows) if (this.committed.length < MOST_KEPT) this.committed.push(row);
      if (rows.some(({ kind }) => kind === 'place')) void this.bringCommitted();
      else this.later ??= setTimeout(() => void this.bringCommitted(), GATHER_MS).unref();
    });
  }

  /** Brings what somebody left behind, also this manager when it failed over it. Never throws. */
  async drain(): Promise<void> {
    void this.bringCommitted();
    try {
      for (let more = true; more;) {
        const rows = await this.outbox.claim(BATCH);
        await this.bringTogether(rows);
        more = rows.length === BATCH;
      }
    } catch (error) {
      this.log.debug({ err: error }, 'the outbox waits for the next sweep');
    }
  }

  /** One at a time; what is committed meanwhile is in it. Never throws. */
  private async bringCommitted(): Promise<void> {
    clearTimeout(this.later);
    this.later = undefined;
    if (this.bringing) return;
    this.bringing = true;
    try {
      while (this.committed.length > 0) await this.bringTogether(this.committed.splice(0, BATCH));
    } catch (error) {
      this.log.debug({ err: error }, 'the outbox waits for the next sweep');
    } finally {
      this.bringing = false;
    }
  }

  private async bringTogether(rows: readonly OutboxRow[]): Promise<void> {
    const done = await Promise.all(jobsOf(rows).map((job) => this.bringRows(job)));
    await this.outbox.remove(done.flat());
  }

  /** Hands over again what failed before and has waited long enough, each by itself. */
  async retryFailed(): Promise<void> {
    const due = await this.failures.takeDue(BATCH);
    await Promise.all(
      due.map(({ kind, subjectId }) => this.bring({ kind, subjectIds: [subjectId], retry: true })),
    );
  }

  /** Answers the ids of the rows that are done with; others stay claimed until their claim runs out. */
  private async bringRows(rows: readonly OutboxRow[]): Promise<number[]> {
    const [first] = rows;
    if (!first) return [];
    const { kind, subjectId, attempts } = first;
    if (attempts > MAX_TRIES) {
      const why = `${attempts - 1} managers took it up and none got to an end with it`;
      await this.failures.bury(kind, subjectId, why);
    } else {
      const subjectIds = [...new Set(rows.map((row) => row.subjectId))];
      if (!(await this.bring({ kind, subjectIds, retry: false }))) return [];
    }
    return rows.map(({ id }) => id);
  }

  /** False when it is still where it was. */
  private async bring(delivery: Delivery): Promise<boolean> {
    const { kind, subjectIds, retry } = delivery;
    try {
      await this.queue.publish(kind, subjectIds, retry);
      return true;
    } catch (error) {
      if (!(error instanceof QueueUnavailable)) throw error;
    }
    try {
      for (const err of await this.failures.attempt(delivery, (ids) => this.handleHere(kind, ids)))
        this.log.warn({ err, kind }, 'a message could not be handled');
      return true;
    } catch (error) {
      this.log.debug({ err: error, delivery }, 'messages wait until PostgreSQL is back');
      return false;
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

/** Rows of one kind go together; one that was claimed before goes alone, as it may have been what failed. */
function jobsOf(rows: readonly OutboxRow[]): OutboxRow[][] {
  const fresh = (kind: OutboxKind) => rows.filter((row) => row.kind === kind && row.attempts === 1);
  const again = rows.filter(({ attempts }) => attempts > 1).map((row) => [row]);
  return [fresh('place'), fresh('deliver'), ...again];
}
