import type { DesiredState, HostId } from '../../../libs/contract/index.js';

export interface Wanted {
  hostId: HostId;
  /** Only a desired state of a higher generation is of interest. */
  after: number;
}

export interface Watcher {
  readonly wanted: Wanted;
  /** The state once it is there; undefined when the time went by or the watch was dropped. */
  readonly answer: Promise<DesiredState | undefined>;
  readonly drop: () => void;
}

interface Held extends Watcher {
  readonly end: (state: DesiredState | undefined) => void;
}

/** Agents that wait for a desired state, by host. */
export class Watchers {
  private readonly byHost = new Map<HostId, Set<Held>>();
  private closed = false;

  add(wanted: Wanted, milliseconds: number): Watcher {
    let settle: (state: DesiredState | undefined) => void = () => undefined;
    const answer = new Promise<DesiredState | undefined>((resolve) => (settle = resolve));
    const end = (state: DesiredState | undefined) => {
      clearTimeout(timer);
      this.forget(watcher);
      settle(state);
    };
    const timer = setTimeout(end, milliseconds, undefined);
    const watcher: Held = {
      ...{ wanted, answer, end },
      drop: () => {
        end(undefined);
      },
    };
    const there = this.byHost.get(wanted.hostId) ?? new Set();
    this.byHost.set(wanted.hostId, there.add(watcher));
    if (this.closed) end(undefined);
    return watcher;
  }

  /** What is waited for, each host once with the lowest generation asked for. */
  wanted(): Wanted[] {
    return [...this.byHost.keys()].flatMap((hostId) => this.wantedOf(hostId) ?? []);
  }

  wantedOf(hostId: HostId): Wanted | undefined {
    const there = this.byHost.get(hostId);
    if (!there) return undefined;
    return { hostId, after: Math.min(...[...there].map(({ wanted }) => wanted.after)) };
  }

  tell(state: DesiredState): void {
    for (const { wanted, end } of this.byHost.get(state.hostId) ?? [])
      if (state.generation > wanted.after) end(state);
  }

  /** Ends every watch without an answer, and those that come later at once. */
  close(): void {
    this.closed = true;
    for (const there of this.byHost.values()) for (const { end } of there) end(undefined);
  }

  private forget(watcher: Held): void {
    const { hostId } = watcher.wanted;
    const there = this.byHost.get(hostId);
    there?.delete(watcher);
    if (there?.size === 0) this.byHost.delete(hostId);
  }
}
