import { ProblemError } from '../problem.js';

/** Before an agent gives up on its request, so that no work is done for one that has gone. */
const PATIENCE_MS = 10_000;

interface Place {
  since: number;
  begin: () => void;
  giveUp: (error: unknown) => void;
}

/** So much work at once; the rest waits its turn in order, and is sent away when that would take too long. */
export class Turns {
  private readonly queue: Place[] = [];
  private free: number;

  constructor(
    atOnce: number,
    private readonly now: () => number = Date.now,
  ) {
    this.free = atOnce;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else
      await new Promise<void>((begin, giveUp) => {
        this.queue.push({ since: this.now(), begin, giveUp });
      });
    try {
      return await work();
    } finally {
      this.pass();
    }
  }

  private pass(): void {
    for (let next = this.queue.shift(); next; next = this.queue.shift()) {
      if (this.now() - next.since <= PATIENCE_MS) {
        next.begin();
        return;
      }
      next.giveUp(busy());
    }
    this.free += 1;
  }
}

const busy = () =>
  new ProblemError(
    503,
    'busy',
    'More hosts report changes than the manager can take in at the moment; report again in a few seconds.',
  );
