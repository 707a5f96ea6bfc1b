import type { Change } from './content.js';

/**
 * A disk with a volatile cache, by what it promises and no more: a change is durable once it completed with
 * FUA, or completed before a flush was issued that completed. Until then each of its sectors may be on the
 * medium or not, from the moment that it was issued. One that failed, and a discard, stay uncertain until
 * something durable is written over them.
 *
 * The same serves for the mapped device: what is durable there is what it must give back.
 */
export class Medium {
  /** By sector: what a crash leaves of it for sure. */
  readonly durable: Change[];
  /** By sector: what was issued after that, in order. */
  readonly uncertain = new Map<number, Change[]>();
  private readonly cached = new Set<Change>();
  private readonly flushes = new Map<number, readonly Change[]>();

  constructor(before: Change) {
    this.durable = new Array<Change>(before.sectors).fill(before);
  }

  issue(change: Change): void {
    for (let at = change.sector; at < change.sector + change.sectors; at += 1) {
      const there = this.uncertain.get(at);
      if (there) there.push(change);
      else this.uncertain.set(at, [change]);
    }
  }

  complete(change: Change): void {
    if (change.discard) return;
    if (change.fua) this.settle(change);
    else this.cached.add(change);
  }

  issueFlush(id: number): void {
    this.flushes.set(id, [...this.cached]);
  }

  completeFlush(id: number): void {
    const changes = [...(this.flushes.get(id) ?? [])].sort((a, b) => a.order - b.order);
    for (const change of changes) if (this.cached.delete(change)) this.settle(change);
    this.flushes.delete(id);
  }

  private settle(change: Change): void {
    for (let at = change.sector; at < change.sector + change.sectors; at += 1) {
      const there = this.uncertain.get(at);
      if (!there?.includes(change)) continue;
      this.durable[at] = change;
      const newer = there.filter(({ order }) => order > change.order);
      if (newer.length > 0) this.uncertain.set(at, newer);
      else this.uncertain.delete(at);
    }
  }
}
