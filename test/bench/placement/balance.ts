import {
  PoolPolicy,
  type NeedId,
  type Sectors,
  type TargetId,
} from '../../../libs/contract/index.js';
import {
  applyGrant,
  applyRelease,
  leasedSectors,
  plan,
  type HostFacts,
  type Placement,
  type PoolFacts,
  type SpareFact,
} from '../../../libs/placement/index.js';
import { hostOf, POOL, spareOf, targetId, targetOf, uuid } from './facts.js';

/** How evenly spares are used, after all that was granted and released. */
export interface Balance {
  /** Standard deviation of the utilisation of the spares, in percentage points. */
  stddevPercent: number;
  /** The highest utilisation over what a perfect spread would give each: all that is lent by all there is. */
  overOptimum: number;
}

export interface BalanceOptions {
  /** Grants and releases together. */
  operations: number;
  seed: number;
  policy?: PoolPolicy['name'];
  spares?: number;
  /** What the smallest spare holds, in leases of the least length; the largest holds ten times as much. */
  smallestLeases?: number;
}

const TARGETS = 40;
/** Share of the pool that is lent once it has filled up; then grants and releases take turns. */
const FILL = 0.6;

/** A repeatable stream of numbers in [0, 1); the traffic's own, apart from that of the planner. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function balanceOf(spares: readonly SpareFact[]): Balance {
  const used = spares.map((spare) => leasedSectors(spare) / spare.lendableSectors);
  const mean = used.reduce((sum, u) => sum + u, 0) / used.length;
  const variance = used.reduce((sum, u) => sum + (u - mean) ** 2, 0) / used.length;
  const lent = spares.reduce((sum, spare) => sum + leasedSectors(spare), 0);
  const optimum = lent / lendableOf(spares);
  return {
    stddevPercent: 100 * Math.sqrt(variance),
    overOptimum: optimum > 0 ? Math.max(...used) / optimum : 1,
  };
}

const lendableOf = (spares: readonly SpareFact[]) =>
  spares.reduce((sum, spare) => sum + spare.lendableSectors, 0);

/** Grants and releases at random on one set of facts. */
class Traffic {
  private readonly random: () => number;
  private readonly leases: (Placement & { targetId: TargetId })[] = [];
  private lent = 0;
  private count = 0;

  constructor(
    private readonly seed: number,
    private readonly host: HostFacts,
    private readonly pool: PoolFacts,
  ) {
    this.random = randomOf(seed);
  }

  step(): void {
    const full = this.lent > FILL * lendableOf(this.host.spares);
    if (this.leases.length > 0 && this.random() < (full ? 0.5 : 0.2)) this.release();
    else this.grant();
  }

  private below(n: number): number {
    return Math.floor(this.random() * n);
  }

  private grant(): void {
    const lengthSectors = (this.pool.policy.leaseSectors * 2 ** this.below(3)) as Sectors;
    const request = {
      ...{ needId: uuid((this.count += 1)) as NeedId, targetId: targetId(this.below(TARGETS)) },
      ...{ blockSectors: 8 as const, lengthSectors, priority: 'normal' as const, voluntary: false },
    };
    const seed = `${this.seed}-${request.needId}`;
    const { placement } = plan(request, this.host, this.pool, seed, 0);
    if (!placement) return;
    applyGrant(this.host, request, placement, 0);
    this.host.grants.length = 0;
    this.leases.push({ ...placement, targetId: request.targetId });
    this.lent += lengthSectors;
  }

  private release(): void {
    const [lease] = this.leases.splice(this.below(this.leases.length), 1);
    if (!lease) return;
    applyRelease(this.host, lease.spareId, lease.targetId, lease.extent);
    this.lent -= lease.extent.length;
  }
}

/**
 * Uneven spares, the largest ten times the smallest, under grants and releases at random: they fill to 60%,
 * then grants and releases take turns. Leases are of one, two or four least lengths. The planner that runs
 * is the real one, on real facts.
 */
export function balance(options: BalanceOptions): Balance {
  const { operations, seed, policy: name = 'least-utilised' } = options;
  const { spares = 10, smallestLeases = 2000 } = options;
  const policy = PoolPolicy.parse({ name });
  const host = hostOf({
    spares: Array.from({ length: spares }, (_, i) => {
      const leases = Math.round(smallestLeases * (1 + (9 * i) / Math.max(1, spares - 1)));
      return spareOf(i, leases, policy.leaseSectors);
    }),
    targets: Array.from({ length: TARGETS }, (_, i) => targetOf(i)),
  });
  const pool = { id: POOL, name: 'bench', policy, spareCount: spares, grants: 0 };
  const traffic = new Traffic(seed, host, pool);
  for (let i = 0; i < operations; i += 1) traffic.step();
  return balanceOf(host.spares);
}
