import type { PoolPolicy } from '../contract/index.js';
import { arraysLeaningOn, type SpareFact } from '../placement/index.js';
import { ArrayWatch } from './array-watch.js';
import { Books } from './books.js';
import { close, gaugesOf, integrate, type Gauges } from './gauges.js';
import type { HostEvent, HostHistory } from './history.js';
import { Needs } from './needs.js';
import { Presence } from './presence.js';
import { fail, loseLease } from './remapping.js';
import { Tally } from './tally.js';

type Of<Kind extends HostEvent['kind']> = Extract<HostEvent, { kind: Kind }>;

/** One host under one policy, from event to event. */
export class HostRun {
  readonly books: Books;
  readonly tally = new Tally();
  private readonly presence: Presence;
  private readonly needs: Needs;
  private readonly arrays: ArrayWatch;
  private gauges: Gauges;
  private atHours = 0;

  constructor(
    private readonly history: HostHistory,
    policy: PoolPolicy,
    seed: number,
  ) {
    const { layout, drives } = history;
    this.books = new Books(layout, drives, policy);
    this.presence = new Presence(layout);
    this.arrays = new ArrayWatch(layout, this.books, this.presence, this.tally);
    this.needs = new Needs(`${seed}/${layout.name}`, this.books, this.tally);
    for (const target of this.books.targets.values()) this.needs.topUp(target, 0);
    this.gauges = this.look();
  }

  /** Runs to the end. `afterEach` sees the host after every event. */
  run(afterEach: (run: HostRun) => void = () => undefined): Tally {
    for (const event of this.history.events) {
      this.wait(event.atHours);
      this.handle(event);
      this.gauges = this.look();
      afterEach(this);
    }
    this.wait(this.history.endHours);
    close(this.tally, this.books, this.gauges);
    return this.tally;
  }

  /** Lets time pass; needs that wait for an hour to pass are tried again meanwhile. */
  private wait(untilHours: number): void {
    for (;;) {
      const retryHours = this.presence.isHostAway
        ? Infinity
        : this.atHours + this.needs.retryAfterHours;
      const nextHours = Math.min(untilHours, retryHours);
      integrate(this.tally, this.gauges, nextHours - this.atHours);
      this.atHours = nextHours;
      if (nextHours === untilHours) return;
      this.needs.retry(this.atHours);
      this.gauges = this.look();
    }
  }

  private handle(event: HostEvent): void {
    switch (event.kind) {
      case 'errors':
        this.onErrors(event);
        return;
      case 'warning':
        this.onWarning(event);
        break;
      case 'end':
        this.onEnd(event);
        break;
      case 'replacement':
        this.onReplacement(event);
        break;
      case 'rebuilt':
        this.presence.unsynced.delete(event.bay);
        break;
      case 'enclosure-lost':
        this.presence.awayEnclosures.add(event.enclosure);
        this.moveSpares(event.enclosure, 'missing');
        break;
      case 'enclosure-back':
        this.presence.awayEnclosures.delete(event.enclosure);
        this.moveSpares(event.enclosure, 'available');
        break;
      case 'host-lost':
        this.presence.isHostAway = true;
        return;
      case 'host-back':
        this.presence.isHostAway = false;
        break;
    }
    this.arrays.observe();
    if (this.presence.isHostAway) return;
    for (const target of this.books.targets.values())
      if (!this.presence.isAway(target.bay)) this.needs.topUp(target, this.atHours);
    this.needs.retry(this.atHours);
  }

  private onErrors({ bay, blocks }: Of<'errors'>): void {
    const target = this.books.targets.get(bay);
    if (!target) throw new Error(`bay ${bay} has errors and no main device`);
    const { sums } = this.tally;
    const pendingBefore = target.pendingBlocks;
    const rebuilds = this.arrays.canRebuild(target);
    const failed = fail(target, blocks, this.atHours);
    sums.blocksFailed += failed;
    sums.blocksWithoutSpace += Math.max(0, target.pendingBlocks - pendingBefore);
    if (!rebuilds) sums.blocksLost += failed;
    this.needs.topUp(target, this.atHours);
  }

  private onWarning({ bay }: Of<'warning'>): void {
    const spare = this.books.spareIn(bay);
    if (!spare) return;
    spare.predictedFailing = true;
    spare.draining = true;
    this.needs.empty(spare, this.atHours);
  }

  private onEnd({ bay }: Of<'end'>): void {
    this.presence.dead.add(bay);
    const target = this.books.targets.get(bay);
    if (target) this.needs.forgetTarget(target);
    const spare = this.books.spareIn(bay);
    if (spare) this.loseSpare(spare);
  }

  private loseSpare(spare: SpareFact): void {
    const { sums } = this.tally;
    spare.state = 'missing';
    this.needs.forgetMoves(spare);
    const leases = this.books.leasesOn(spare);
    if (leases.length === 0) return;
    const hit = arraysLeaningOn(spare, this.books.host).size;
    sums.sparesLost += 1;
    sums.leasesLost += leases.length;
    sums.arraysHit += hit;
    this.tally.peak('mostArraysHit', hit);
    for (const lease of leases) {
      if (this.presence.dead.has(lease.target.bay)) continue;
      const rebuilds = this.arrays.canRebuild(lease.target);
      sums[rebuilds ? 'blocksRebuilt' : 'blocksLost'] += loseLease(lease);
    }
  }

  private onReplacement({ bay, drive, copied }: Of<'replacement'>): void {
    const target = this.books.targets.get(bay);
    if (target) {
      this.needs.forgetTarget(target);
      if (!copied) this.presence.unsynced.add(bay);
    }
    this.books.remove(bay);
    this.books.install(bay, drive);
    this.presence.dead.delete(bay);
  }

  private moveSpares(enclosure: number, state: SpareFact['state']): void {
    this.history.layout.bays.forEach((bay, n) => {
      const spare = this.books.spareIn(n);
      if (spare && bay.enclosure === enclosure && !this.presence.dead.has(n)) spare.state = state;
    });
  }

  private look(): Gauges {
    return gaugesOf(this.books, this.arrays.lookForBroken(), this.needs.unmet);
  }
}
