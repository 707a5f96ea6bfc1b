import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Worker } from 'bullmq';
import { PinoLogger } from 'nestjs-pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigService } from '../config/config.service.js';
import type { WakeUp } from './queue.service.js';
import { redisOptions } from './redis-options.js';

const CLOSE_DEADLINE_MS = 5000;

/** The side that handles jobs. A handler throws what it cannot do, so that BullMQ tries again. */
@Injectable()
export class WorkerService implements BeforeApplicationShutdown {
  private readonly workers: Worker<WakeUp>[] = [];

  constructor(
    private readonly config: ConfigService,
    private readonly log: PinoLogger,
  ) {
    log.setContext(WorkerService.name);
  }

  /** Workers wait for Redis as long as it takes. */
  handle(
    queue: string,
    concurrency: number,
    handler: (subjectIds: readonly string[]) => Promise<void>,
  ): void {
    const worker = new Worker<WakeUp>(queue, ({ data }) => handler(data.subjectIds), {
      concurrency,
      connection: {
        ...redisOptions(this.config.values.REDIS_URL),
        maxRetriesPerRequest: null,
      },
    });
    worker.on('error', (error) => {
      this.log.debug({ err: error }, `worker of queue ${queue}`);
    });
    worker.on('failed', (job, error) => {
      this.log.warn({ err: error, subjectIds: job?.data.subjectIds }, `a job of ${queue} failed`);
    });
    this.workers.push(worker);
  }

  /** Before the database goes; a handler that hangs, or Redis that is away, is not waited for for ever. */
  async beforeApplicationShutdown(): Promise<void> {
    const closed = Promise.allSettled(this.workers.map((worker) => worker.close()));
    await Promise.race([closed, sleep(CLOSE_DEADLINE_MS, undefined, { ref: false })]);
  }
}
