import type { ShortfallReason } from '../contract/index.js';

/** All that is counted while one policy runs; `…Hours` are integrals over time. */
const ZERO = {
  hostHours: 0,
  spareHours: 0,
  /** Of the utilisation of the spares, and of the square of its distance from that of their host. */
  usedHours: 0,
  spreadHours: 0,
  /** Of the fullest spare's utilisation over that of its host, while something is lent. */
  fullestHours: 0,
  lendingHours: 0,
  /** Of the arrays and lone targets that lean on a spare, and the spares that are leaned on. */
  leaningHours: 0,
  leanedOnHours: 0,

  grants: 0,
  grantedSectors: 0,
  needs: 0,
  needsUnmet: 0,
  unmetHours: 0,
  needsLeftUnmet: 0,
  blocksFailed: 0,
  blocksWithoutSpace: 0,

  bareHours: 0,
  bareByLeasesHours: 0,
  /** Times that blocks of an array were out of reach though enough of its main devices were there. */
  brokenByLeases: 0,
  blocksLost: 0,
  arraysLost: 0,

  sparesLost: 0,
  leasesLost: 0,
  blocksRebuilt: 0,
  arraysHit: 0,
  /** Grants that put two members of one array on one spare disk. */
  sharedDisks: 0,

  leasesMoved: 0,
  blocksMoved: 0,

  endSpares: 0,
  endSpread: 0,
  endLentSectors: 0,
  endLendableSectors: 0,
  endFreeSectors: 0,
  /** Free space that is not in the largest gap of its spare. */
  endScatteredSectors: 0,
  endTargets: 0,
  endLeases: 0,
};

const NO_PEAK = { mostUsed: 0, mostLeaning: 0, mostArraysHit: 0, mostLeases: 0 };

export type Sums = typeof ZERO;
export type Peaks = typeof NO_PEAK;

export class Tally {
  /** Needs that were not met at once, by what spoke against most of the spares. */
  readonly unmetFor = new Map<ShortfallReason, number>();
  readonly sums: Sums = { ...ZERO };
  readonly peaks: Peaks = { ...NO_PEAK };

  add(other: Tally): void {
    for (const [reason, needs] of other.unmetFor) this.countUnmet(reason, needs);
    for (const name of Object.keys(ZERO) as (keyof Sums)[]) this.sums[name] += other.sums[name];
    for (const name of Object.keys(NO_PEAK) as (keyof Peaks)[]) this.peak(name, other.peaks[name]);
  }

  countUnmet(reason: ShortfallReason, needs = 1): void {
    this.unmetFor.set(reason, (this.unmetFor.get(reason) ?? 0) + needs);
  }

  peak(name: keyof Peaks, value: number): void {
    if (value > this.peaks[name]) this.peaks[name] = value;
  }
}
