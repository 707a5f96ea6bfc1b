import type { HostLayout } from './host-layout.js';

/** What of a host is there. */
export class Presence {
  /** Bays whose drive has ended, until the next is in. */
  readonly dead = new Set<number>();
  /** Bays whose drive an array has yet to write whole. */
  readonly unsynced = new Set<number>();
  readonly awayEnclosures = new Set<number>();
  isHostAway = false;

  constructor(private readonly layout: HostLayout) {}

  /** The drive in the bay cannot be reached. */
  isAway(bay: number): boolean {
    const { enclosure } = this.layout.bays[bay] ?? {};
    return (
      this.isHostAway ||
      this.dead.has(bay) ||
      (enclosure !== undefined && this.awayEnclosures.has(enclosure))
    );
  }
}
