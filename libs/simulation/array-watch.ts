import { healthOf, type ArrayHealth } from './array-health.js';
import type { Books } from './books.js';
import type { HostLayout } from './host-layout.js';
import type { Presence } from './presence.js';
import type { Tally } from './tally.js';
import type { Target } from './target.js';

/** What becomes of the arrays of a host. */
export class ArrayWatch {
  private readonly broken = new Set<number>();
  private readonly lost = new Set<number>();

  constructor(
    private readonly layout: HostLayout,
    private readonly books: Books,
    private readonly presence: Presence,
    private readonly tally: Tally,
  ) {}

  /** Whether what one member has lost can be rebuilt from the others. */
  canRebuild({ array, bay }: Target): boolean {
    const bays = this.layout.arrays.find((each) => each.bays.includes(bay))?.bays;
    if (!array || !bays) return false;
    const others = healthOf(array, bays, this.books, this.presence, bay);
    return others.out + others.impaired < others.tolerated;
  }

  /** Makes the facts of the arrays what md would report, and counts those that are lost. */
  observe(): void {
    this.healths().forEach(({ gone, out, tolerated, rebuilding }, n) => {
      const array = this.books.host.arrays[n];
      if (!array) return;
      array.degraded = out;
      array.syncAction = rebuilding ? 'recover' : 'idle';
      if (gone <= tolerated) this.lost.delete(n);
      else if (!this.lost.has(n)) {
        this.lost.add(n);
        this.tally.sums.arraysLost += 1;
      }
    });
  }

  /**
   * Counts arrays of which blocks are newly out of reach, and returns how each array stands; none while the
   * whole host is away, for then leases make no difference.
   */
  lookForBroken(): ArrayHealth[] {
    if (this.presence.isHostAway) return [];
    const healths = this.healths();
    healths.forEach(({ tolerated, out, impaired }, n) => {
      const isBroken = out <= tolerated && out + impaired > tolerated;
      if (!isBroken) this.broken.delete(n);
      else if (!this.broken.has(n)) {
        this.broken.add(n);
        this.tally.sums.brokenByLeases += 1;
      }
    });
    return healths;
  }

  private healths(): ArrayHealth[] {
    return this.layout.arrays.flatMap(({ bays }, n) => {
      const array = this.books.host.arrays[n];
      return array ? [healthOf(array, bays, this.books, this.presence)] : [];
    });
  }
}
