import { Backoff } from './backoff.js';
import { messageOf, PermanentError } from './errors.js';
import type { Log } from './log.js';
import { sleep } from './sleep.js';

const PERMANENT_RETRY_MS = 300_000;

export interface LoopOptions {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly backoff?: Backoff;
  readonly onError?: (error: unknown) => void;
}

/**
 * Repeats a step until the signal says stop. A step that fails is repeated after a growing pause, one
 * that failed permanently after five minutes: someone may have put the cause right by then.
 */
export async function runLoop(options: LoopOptions, step: () => Promise<void>): Promise<void> {
  const { name, signal, log, onError } = options;
  const backoff = options.backoff ?? new Backoff({ firstMs: 500, maxMs: 30_000 });
  const stopped = () => signal.aborted;
  while (!stopped()) {
    try {
      await step();
      backoff.reset();
    } catch (error) {
      if (stopped()) return;
      const permanent = error instanceof PermanentError;
      const waitMs = permanent ? PERMANENT_RETRY_MS : backoff.nextMs();
      log(permanent ? 'error' : 'warn', `${name}: ${messageOf(error)}`, {
        retryInMs: Math.round(waitMs),
      });
      onError?.(error);
      await sleep(waitMs, signal);
    }
  }
}
