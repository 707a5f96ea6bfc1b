import { existsSync } from 'node:fs';
import { messageOf } from '../base/errors.js';
import type { Log } from '../base/log.js';
import type { RunProgram } from '../base/run-program.js';
import { sleep } from '../base/sleep.js';

export interface EventSources {
  readonly run: RunProgram;
  readonly eventNumber: (name: string) => Promise<number>;
  readonly onEvent: (name: string) => void;
  readonly log: Log;
}

const SETPRIV = '/usr/bin/setpriv';
const AFTER_FAILURE_MS = 1000;
/** A disk that fails fast raises events faster than they can be looked at. */
const BETWEEN_EVENTS_MS = 200;

/** `dmsetup wait` that does not outlive the agent, not even one that is killed. */
function waitCommand(name: string, eventNumber: number): [string, ...string[]] {
  const wait = ['dmsetup', 'wait', name, String(eventNumber)] as const;
  return existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--', ...wait] : [...wait];
}

/** Waits for device-mapper events, one child per target. */
export class EventWatch {
  private readonly watched = new Set<string>();

  constructor(
    private readonly sources: EventSources,
    private readonly signal: AbortSignal,
  ) {}

  /** Starts to watch the targets that are not watched yet; one that is gone ends by itself. */
  watch(names: readonly string[]): void {
    for (const name of names) {
      if (this.watched.has(name)) continue;
      this.watched.add(name);
      void this.follow(name).finally(() => this.watched.delete(name));
    }
  }

  /** The event number is read before the state is reported, so that no event falls between. */
  private async follow(name: string): Promise<void> {
    const { run, eventNumber, onEvent, log } = this.sources;
    try {
      for (let seen = await eventNumber(name); ; seen = await eventNumber(name)) {
        onEvent(name);
        await sleep(BETWEEN_EVENTS_MS, this.signal);
        const [program, ...args] = waitCommand(name, seen);
        await run(program, args, { timeoutMs: 0, signal: this.signal });
      }
    } catch (error) {
      if (this.signal.aborted) return;
      log('debug', 'no longer waiting for events', { target: name, reason: messageOf(error) });
      await sleep(AFTER_FAILURE_MS, this.signal);
    }
  }
}
