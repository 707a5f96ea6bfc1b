import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { PinoLogger } from 'nestjs-pino';
import type { JobCounts } from '../../../libs/contract/index.js';
import { ConfigService } from '../config/config.service.js';
import type { OutboxKind } from '../outbox/outbox.service.js';
import { inTime } from './in-time.js';
import { redisOptions } from './redis-options.js';

export const PLACEMENT_QUEUE = 'placement';
export const DELIVERY_QUEUE = 'delivery';
const QUEUE_OF: Record<OutboxKind, string> = { place: PLACEMENT_QUEUE, deliver: DELIVERY_QUEUE };

export class QueueUnavailable extends Error {}

/** A job carries ids only; its handler reads the rest from PostgreSQL. */
export interface WakeUp {
  subjectIds: string[];
  /** Set when they failed before, so that their rows are to be cleared when they succeed. */
  retry?: boolean;
}

/** The side that adds jobs: it fails fast, because a row in the outbox waits as well as a queue does. */
@Injectable()
export class QueueService implements OnApplicationShutdown {
  private readonly redis: Redis;
  private readonly queues = new Map<string, Queue<WakeUp>>();

  constructor(
    config: ConfigService,
    private readonly log: PinoLogger,
  ) {
    log.setContext(QueueService.name);
    this.redis = new Redis({
      ...redisOptions(config.values.REDIS_URL),
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
    });
    this.redis.on('error', (error) => {
      log.debug({ err: error }, 'Redis does not answer; wake-ups go without it');
    });
  }

  get isReady(): boolean {
    return this.redis.status === 'ready';
  }

  async ping(): Promise<boolean> {
    if (!this.isReady) return false;
    return inTime(this.redis.ping()).then(
      () => true,
      () => false,
    );
  }

  /**
   * Adds a job. It gets no id of ours: a queue silently drops an id that it still knows, also when the
   * database behind it is another one by now, and a job too many is harmless.
   */
  async publish(kind: OutboxKind, subjectIds: readonly string[], retry = false): Promise<void> {
    if (!this.isReady) throw new QueueUnavailable('Redis is not connected');
    const name = QUEUE_OF[kind];
    const job: WakeUp = { subjectIds: [...subjectIds] };
    const added = this.queueOf(name).add(kind, retry ? { ...job, retry } : job);
    try {
      await inTime(added);
    } catch (error) {
      this.queues.delete(name);
      throw new QueueUnavailable('Redis did not take the job', { cause: error });
    }
  }

  /** Undefined when Redis does not answer. */
  async jobCounts(kind: OutboxKind): Promise<JobCounts | undefined> {
    if (!this.isReady) return undefined;
    const queue = this.queueOf(QUEUE_OF[kind]);
    const counted = queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
    const counts = await inTime(counted).catch(() => undefined);
    const { waiting = 0, active = 0, delayed = 0, failed = 0 } = counts ?? {};
    return counts && { waiting, active, delayed, failed };
  }

  private queueOf(name: string): Queue<WakeUp> {
    return this.queues.get(name) ?? this.makeQueue(name);
  }

  /** Made once Redis is there: a queue made earlier would keep its failed first connection for good. */
  private makeQueue(name: string): Queue<WakeUp> {
    const queue = new Queue<WakeUp>(name, {
      connection: this.redis,
      defaultJobOptions: {
        attempts: 5,
        backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
        removeOnComplete: { age: 600, count: 1000 },
        removeOnFail: { age: 86_400, count: 1000 },
      },
    });
    queue.on('error', (error) => {
      this.log.debug({ err: error }, `queue ${name}`);
    });
    this.queues.set(name, queue);
    return queue;
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }
}
