import type { PoolPolicy } from '../contract/index.js';
import { leaseGeometry } from '../dm-table/index.js';
import {
  applyGrant,
  applyRelease,
  leasedSectors,
  type HostFacts,
  type MainFact,
  type Placement,
  type PoolFacts,
  type SpareFact,
} from '../placement/index.js';
import { HOUR_MS } from '../placement/grants.js';
import { wearAt, type Drive } from './drive.js';
import { emptyHost, poolOf, spareFact, targetFact } from './facts.js';
import type { Bay, HostLayout } from './host-layout.js';
import { BLOCK_SECTORS, type Lease, type Target } from './target.js';

interface Stocked<Fact> {
  fact: Fact;
  drive: Drive;
}

/** The facts of one host and of its pool, as the manager keeps them, and all leases. */
export class Books {
  readonly host: HostFacts;
  readonly pool: PoolFacts;
  readonly targets = new Map<number, Target>();
  private readonly spares = new Map<number, Stocked<SpareFact>>();
  private readonly mains = new Map<number, Stocked<MainFact>>();

  constructor(
    private readonly layout: HostLayout,
    drives: readonly Drive[],
    policy: PoolPolicy,
  ) {
    this.host = emptyHost(layout);
    this.pool = poolOf(layout, policy);
    drives.forEach((drive, bay) => {
      this.install(bay, drive);
    });
  }

  /** Puts a drive into an empty bay, as a target or as a spare. */
  install(bay: number, drive: Drive): void {
    const { index, bays, mains } = this.layout;
    const place = bays[bay];
    if (!place) throw new Error(`host ${index} has no bay ${bay}`);
    if (bay < mains) this.addTarget(bay, place, drive);
    else this.addSpare(bay, place, drive);
  }

  spareIn(bay: number): SpareFact | undefined {
    return this.spares.get(bay)?.fact;
  }

  leasesOn(spare: SpareFact): Lease[] {
    return [...this.targets.values()].flatMap(({ leases }) =>
      leases.filter((lease) => lease.spare === spare),
    );
  }

  grant(target: Target, { spareId: id, extent }: Placement, atHours: number): Lease {
    const spare = this.host.spares.find((each) => each.id === id);
    const geometry = leaseGeometry(extent.length, BLOCK_SECTORS);
    if (!spare || !geometry.ok) throw new Error(`no lease of ${extent.length} sectors on ${id}`);
    applyGrant(this.host, { targetId: target.fact.id }, { spareId: id, extent }, atHours * HOUR_MS);
    const totalBlocks = geometry.value.nrBlocks;
    const lease = { target, spare, extent, totalBlocks, usedBlocks: 0 };
    target.leases.push(lease);
    return lease;
  }

  release(lease: Lease): void {
    const { target, spare, extent } = lease;
    applyRelease(this.host, spare.id, target.fact.id, extent);
    target.leases = target.leases.filter((each) => each !== lease);
  }

  /** Takes a drive out, and with it all that hung on it. */
  remove(bay: number): void {
    const target = this.targets.get(bay);
    if (target) {
      for (const lease of target.leases) this.release(lease);
      this.host.targets = this.host.targets.filter(({ id }) => id !== target.fact.id);
      this.targets.delete(bay);
      this.mains.delete(bay);
    }
    const spare = this.spareIn(bay);
    if (spare) {
      for (const lease of this.leasesOn(spare)) this.release(lease);
      this.host.spares = this.host.spares.filter(({ id }) => id !== spare.id);
      this.spares.delete(bay);
    }
  }

  /** Brings what changes with time up to date, before something is planned. */
  age(atHours: number): void {
    for (const { fact, drive } of this.spares.values()) {
      fact.powerOnHours = atHours - drive.bornHours;
      fact.percentageUsed = wearAt(drive, atHours);
    }
    for (const { fact, drive } of this.mains.values())
      fact.powerOnHours = atHours - drive.bornHours;
    const hourAgoMs = (atHours - 1) * HOUR_MS;
    this.pool.grants = this.host.grants.filter((at) => at > hourAgoMs).length;
  }

  /** Share of the pool that is free, 0 to 1, as the manager gives it to the length of a lease. */
  freeRatio(): number {
    let lent = 0;
    let lendable = 0;
    for (const spare of this.host.spares) {
      lent += leasedSectors(spare);
      lendable += spare.lendableSectors;
    }
    return lendable > 0 ? 1 - lent / lendable : 0;
  }

  private addTarget(bay: number, where: Bay, drive: Drive): void {
    const { index, arrays } = this.layout;
    const fact = targetFact(index, bay, where, drive);
    const at = arrays.findIndex(({ bays }) => bays.includes(bay));
    const array = this.host.arrays[at];
    const member = arrays[at]?.bays.indexOf(bay) ?? -1;
    if (array) array.members[member] = { targetId: fact.id };
    this.host.targets.push(fact);
    this.mains.set(bay, { fact: fact.main, drive });
    this.targets.set(bay, {
      ...{ fact, bay, array, leases: [], remapped: new Set() },
      ...{ pendingBlocks: 0, remapsPerHour: 0, ratedAtHours: 0 },
    });
  }

  private addSpare(bay: number, where: Bay, drive: Drive): void {
    const fact = spareFact(this.layout, bay, where, drive);
    this.host.spares.push(fact);
    this.spares.set(bay, { fact, drive });
  }
}
