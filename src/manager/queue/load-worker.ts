import { UnrecoverableError, Worker, type Job, type WorkerOptions } from 'bullmq';
import { inTime } from './in-time.js';

/** Jobs that are asked for together; those of small jobs are planned in one batch. */
const TAKEN_ALONG = 63;

/** One is handled while the next is picked up. */
const LOADS_AT_ONCE = 2;

/** A job whose lock is not renewed for so long is given to somebody else. */
const LOCK_MS = 30_000;

/** Throws what the job fails with. */
type Handler<Data> = (job: Job<Data, void>) => Promise<void>;

/**
 * A worker that handles jobs in loads. By itself BullMQ asks Redis for one job after the other, up to four times
 * for each, and begins with none before it has heard that there are no more, so that a worker with slow turns
 * falls behind for that alone. Here whoever is handed a job takes along those that wait behind it: they are asked
 * for together, and done with together. What a job is, and what becomes of one whose handler throws or whose
 * worker dies, is BullMQ's.
 */
export function loadWorker<Data>(
  queue: string,
  handler: Handler<Data>,
  { lockDuration = LOCK_MS, ...options }: WorkerOptions,
): Worker<Data, void> {
  const worker: Worker<Data, void> = new Worker<Data, void>(
    queue,
    async (first) => {
      const along = await takeAlong();
      const [own] = await Promise.allSettled([handler(first), ...along.map(handle)]);
      if (own.status === 'rejected') throw own.reason;
    },
    { ...options, lockDuration, concurrency: LOADS_AT_ONCE },
  );
  let asked = 0;

  const tell = (error: unknown) => worker.emit('error', error as Error);

  /** When Redis does not answer there is nothing to take along, and the job at hand is done all the same. */
  async function takeAlong(): Promise<Job<Data, void>[]> {
    const [waiting = 0] = await inTime(worker.backend.getCounts(['wait'])).catch(() => []);
    const count = Math.min(waiting, TAKEN_ALONG);
    return (await Promise.all(Array.from({ length: count }, ask))).flatMap((job) => job ?? []);
  }

  /** A job that comes too late to be taken along is handled when it comes. */
  async function ask(): Promise<Job<Data, void> | undefined> {
    const token = `${worker.id}:along:${asked++}`;
    const answer: Promise<Job<Data, void> | undefined> = worker.getNextJob(token, { block: false });
    try {
      return await inTime(answer);
    } catch (error) {
      tell(error);
      answer.then((job) => job && handle(job)).catch(tell);
      return undefined;
    }
  }

  /** Never throws: a job that cannot be ended is somebody else's when its lock has run out, which is harmless. */
  async function handle(job: Job<Data, void>): Promise<void> {
    const { token = '' } = job;
    const renewal = setInterval(() => {
      job.extendLock(token, lockDuration).catch(tell);
    }, lockDuration / 2);
    try {
      const failure = await failureOf(job);
      if (failure) {
        await job.moveToFailed(failure, token, false);
        worker.emit('failed', job, failure, 'active');
      } else await job.moveToCompleted(undefined, token, false);
    } catch (error) {
      tell(error);
    } finally {
      clearInterval(renewal);
    }
  }

  async function failureOf(job: Job<Data, void>): Promise<Error | undefined> {
    // Its workers died over it.
    if (job.deferredFailure) return new UnrecoverableError(job.deferredFailure);
    try {
      await handler(job);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  return worker;
}
