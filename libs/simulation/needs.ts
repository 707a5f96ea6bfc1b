import type { NeedId, Sectors, ShortfallReason } from '../contract/index.js';
import { MAX_MEMBERS } from '../dm-table/index.js';
import { HOUR_MS } from '../placement/grants.js';
import {
  compareNeeds,
  leaseLength,
  needPriority,
  plan,
  redundancyLeft,
  unmetReason,
  type NeedPressure,
  type PlacementRequest,
  type Plan,
  type SpareFact,
} from '../placement/index.js';
import type { Books } from './books.js';
import { freeBlocks, remapPending, remapRate } from './remapping.js';
import type { Tally } from './tally.js';
import { BLOCK_SECTORS, type Lease, type Target } from './target.js';

interface Need {
  id: NeedId;
  target: Target;
  sectors: Sectors;
  createdAtHours: number;
  /** The lease that is to be moved; null for one that low water asks for. */
  moving: Lease | null;
}

/** Looks for leases, with the manager's own planner. */
export class Needs {
  private waiting: Need[] = [];
  private count = 0;
  /** Some of the needs wait for no more than time. */
  private isLimited = false;

  constructor(
    private readonly seed: string,
    private readonly books: Books,
    private readonly tally: Tally,
  ) {}

  get unmet(): number {
    return this.waiting.length;
  }

  /** Those that were told to wait for an hour to pass are looked at again when it has. */
  get retryAfterHours(): number {
    return this.isLimited && this.waiting.length > 0 ? 1 : Infinity;
  }

  /** A target below low water gets further leases until it is not; a need that is unmet waits. */
  topUp(target: Target, atHours: number): void {
    const { policy } = this.books.pool;
    while (
      freeBlocks(target) < policy.lowWaterBlocks &&
      target.leases.length < MAX_MEMBERS &&
      !this.waiting.some((need) => need.target === target && !need.moving)
    ) {
      const sectors = leaseLength({
        ...{ policy, blockSectors: BLOCK_SECTORS, freeRatio: this.books.freeRatio() },
        remapsPerHour: remapRate(target, atHours),
      });
      this.record({ target, sectors, moving: null }, atHours);
    }
  }

  /** Moves all leases off a spare, as far as others take them. */
  empty(spare: SpareFact, atHours: number): void {
    for (const lease of this.books.leasesOn(spare))
      this.record(
        { target: lease.target, sectors: lease.extent.length as Sectors, moving: lease },
        atHours,
      );
  }

  /** What was wanted for a target is wanted no more. */
  forgetTarget(target: Target): void {
    this.waiting = this.waiting.filter((need) => need.target !== target);
  }

  /** What was to be moved off a spare is lost with it. */
  forgetMoves(spare: SpareFact): void {
    this.waiting = this.waiting.filter(({ moving }) => moving?.spare !== spare);
  }

  /** Plans what waits once more, in the order in which the manager would. */
  retry(atHours: number): void {
    const inOrder = this.waiting.toSorted((a, b) =>
      compareNeeds(
        { ...this.pressureOf(a.target, atHours), createdAtMs: a.createdAtHours * HOUR_MS },
        { ...this.pressureOf(b.target, atHours), createdAtMs: b.createdAtHours * HOUR_MS },
      ),
    );
    this.isLimited = false;
    for (const need of inOrder) {
      if (this.settle(need, atHours) !== null) continue;
      this.waiting = this.waiting.filter((each) => each !== need);
      this.topUp(need.target, atHours);
    }
  }

  private record(wanted: Omit<Need, 'id' | 'createdAtHours'>, atHours: number): void {
    this.count += 1;
    const need: Need = {
      ...wanted,
      id: `${this.seed}/${this.count}` as NeedId,
      createdAtHours: atHours,
    };
    this.tally.sums.needs += 1;
    const why = this.settle(need, atHours);
    if (why === null) return;
    this.tally.sums.needsUnmet += 1;
    this.tally.countUnmet(why);
    this.waiting.push(need);
  }

  private pressureOf(target: Target, atHours: number): NeedPressure {
    return {
      redundancyLeft: target.array ? redundancyLeft(target.array) : null,
      freeBlocks: freeBlocks(target),
      remapsPerHour: remapRate(target, atHours),
    };
  }

  /** Null when the need is met, else what speaks against most of the spares. */
  private settle({ id, target, sectors, moving }: Need, atHours: number): ShortfallReason | null {
    const { books, tally } = this;
    books.age(atHours);
    const request: PlacementRequest = {
      ...{ needId: id, targetId: target.fact.id, blockSectors: BLOCK_SECTORS },
      ...{ lengthSectors: sectors, voluntary: false },
      priority: needPriority(this.pressureOf(target, atHours)).priority,
    };
    const made = plan(request, books.host, books.pool, id, atHours * HOUR_MS);
    if (!made.placement) {
      const { reason } = unmetReason(books.pool, sectors, made);
      if (reason === 'GrantLimitReached') this.isLimited = true;
      return mostFrequentReason(made);
    }
    const lease = books.grant(target, made.placement, atHours);
    tally.sums.grants += 1;
    tally.sums.grantedSectors += sectors;
    if (this.sharesDisk(lease)) tally.sums.sharedDisks += 1;
    if (moving) this.move(moving, lease);
    remapPending(target);
    return null;
  }

  private move(from: Lease, to: Lease): void {
    to.usedBlocks = from.usedBlocks;
    this.tally.sums.leasesMoved += 1;
    this.tally.sums.blocksMoved += from.usedBlocks;
    this.books.release(from);
  }

  /** Whether another member of the array leans on the same disk; the planner is never to let that be. */
  private sharesDisk({ target, spare }: Lease): boolean {
    if (!target.array) return false;
    for (const other of this.books.targets.values())
      if (other !== target && other.array === target.array)
        if (other.leases.some((lease) => lease.spare.diskId === spare.diskId)) return true;
    return false;
  }
}

function mostFrequentReason({ candidates }: Plan): ShortfallReason {
  const counts = new Map<ShortfallReason, number>();
  for (const { reason } of candidates)
    if (reason) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const [most] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return most ? most[0] : 'no-spare-left';
}
