import type { DesiredState, HostId } from '../../../libs/contract/index.js';

export interface Wanted {
  hostId: HostId;
  /** Only a desired state of a higher generation is of interest. */
  after: number;
}

/** The state once it is there; undefined when the time went by or the watch was dropped. */
type Listener = (state: DesiredState | undefined) => void;

/**
 * An agent that waits for a desired state. Thousands are held for a minute each, so what one keeps alive is
 * little: no promise, and nothing of the request but what its listener has of it.
 */
export class Watcher {
  private ended = false;
  private state: DesiredState | undefined;
  private listener: Listener | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(
    readonly wanted: Wanted,
    milliseconds: number,
    private readonly watchers: Watchers,
  ) {
    this.timer = setTimeout(dropped, milliseconds, this);
  }

  /** Called once, at once when the watch has ended already. */
  onEnd(listener: Listener): void {
    if (this.ended) listener(this.state);
    else this.listener = listener;
  }

  end(state: DesiredState | undefined): void {
    if (this.ended) return;
    this.ended = true;
    this.state = state;
    clearTimeout(this.timer);
    this.watchers.forget(this);
    this.listener?.(state);
  }

  drop(): void {
    this.end(undefined);
  }
}

const dropped = (watcher: Watcher) => {
  watcher.drop();
};

/** Agents that wait for a desired state, by host. */
export class Watchers {
  private readonly byHost = new Map<HostId, Set<Watcher>>();
  private closed = false;

  add(wanted: Wanted, milliseconds: number): Watcher {
    const watcher = new Watcher(wanted, milliseconds, this);
    const there = this.byHost.get(wanted.hostId) ?? new Set();
    this.byHost.set(wanted.hostId, there.add(watcher));
    if (this.closed) watcher.drop();
    return watcher;
  }

  hosts(): HostId[] {
    return [...this.byHost.keys()];
  }

  /** What is waited for on a host: the lowest generation asked for. */
  wantedOf(hostId: HostId): Wanted | undefined {
    const there = this.byHost.get(hostId);
    if (!there) return undefined;
    return { hostId, after: Math.min(...[...there].map(({ wanted }) => wanted.after)) };
  }

  tell(state: DesiredState): void {
    for (const watcher of this.byHost.get(state.hostId) ?? [])
      if (state.generation > watcher.wanted.after) watcher.end(state);
  }

  /** Ends every watch without an answer, and those that come later at once. */
  close(): void {
    this.closed = true;
    for (const there of this.byHost.values()) for (const watcher of there) watcher.drop();
  }

  forget(watcher: Watcher): void {
    const { hostId } = watcher.wanted;
    const there = this.byHost.get(hostId);
    there?.delete(watcher);
    if (there?.size === 0) this.byHost.delete(hostId);
  }
}
