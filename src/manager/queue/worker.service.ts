import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { UnrecoverableError, type Worker } from 'bullmq';
import { PinoLogger } from 'nestjs-pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { QueueKind } from '../../../libs/contract/index.js';
import { ConfigService } from '../config/config.service.js';
import { FailuresService } from '../outbox/failures.service.js';
import { loadWorker } from './load-worker.js';
import type { WakeUp } from './queue.service.js';
import { redisOptions } from './redis-options.js';

const CLOSE_DEADLINE_MS = 5000;

/**
 * The side that handles jobs. A handler throws what it cannot do; the row of the failed message decides when
 * it is tried again. BullMQ itself repeats only what could not even be noted.
 */
@Injectable()
export class WorkerService implements BeforeApplicationShutdown {
  private readonly workers: Worker<WakeUp, void>[] = [];

  constructor(
    private readonly config: ConfigService,
    private readonly failures: FailuresService,
    private readonly log: PinoLogger,
  ) {
    log.setContext(WorkerService.name);
  }

  /** Workers wait for Redis as long as it takes. */
  handle(queue: string, handler: (subjectIds: readonly string[]) => Promise<void>): void {
    const worker = loadWorker<WakeUp>(
      queue,
      async ({ name, data: { subjectIds, retry = false } }) => {
        const delivery = { kind: QueueKind.parse(name), subjectIds, retry };
        const [error] = await this.failures.attempt(delivery, handler);
        if (error) throw new UnrecoverableError(error.message);
      },
      {
        connection: { ...redisOptions(this.config.values.REDIS_URL), maxRetriesPerRequest: null },
      },
    );
    worker.on('error', (error) => {
      this.log.debug({ err: error }, `worker of queue ${queue}`);
    });
    worker.on('failed', (job, error) => {
      const { subjectIds = [] } = job?.data ?? {};
      this.log.warn({ err: error, subjectIds }, `a job of ${queue} failed`);
      // Its manager died over it more than once: no handler was left to note that.
      if (job && error.message.includes('stalled'))
        this.failures
          .noteAll(QueueKind.parse(job.name), subjectIds, error)
          .catch((err: unknown) => {
            this.log.debug({ err }, 'a stalled job could not be noted; the sweeper finds its row');
          });
    });
    this.workers.push(worker);
  }

  /** Before the database goes; a handler that hangs, or Redis that is away, is not waited for for ever. */
  async beforeApplicationShutdown(): Promise<void> {
    const closed = Promise.allSettled(this.workers.map((worker) => worker.close()));
    await Promise.race([closed, sleep(CLOSE_DEADLINE_MS, undefined, { ref: false })]);
  }
}
