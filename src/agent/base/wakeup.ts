import { sleep } from './sleep.js';

/** Asks a loop to look again; any number of requests while it is busy become one. */
export class Wakeup {
  private pending = new AbortController();

  request(): void {
    this.pending.abort();
  }

  /** Until a request comes, the time is up, or the signal says stop. */
  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    await sleep(milliseconds, AbortSignal.any([signal, this.pending.signal]));
    this.pending = new AbortController();
  }
}
