import type { HeldLease, HeldTarget, RunningTable } from './held.js';

export interface EvacuationStep {
  lease: HeldLease;
  to: 'evacuating' | 'leaving' | 'active' | 'draining';
}

export interface EvacuationPlan {
  steps: EvacuationStep[];
  /** The steps take another table: one without a lease, with it again, or to lift what the kernel was told. */
  changesTable: boolean;
  /** Leases that are to go and have not gone, and the blocks in them. */
  leasesToGo: number;
  blocksToMove: number;
  /** What the other leases lack to take them and keep the low-water mark. */
  blocksLacking: number;
  /** Why leases that are to go are not being emptied. */
  hold: 'ArrayNotHealthy' | 'WaitsForSpace' | null;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);

/**
 * The kernel ran a table that does without the lease. One generation never has two lists of leases, so this
 * is true whatever became of the target since.
 */
function isGone({ id, generation, leftGeneration }: HeldLease, running: RunningTable): boolean {
  if (leftGeneration === null || running.generation < leftGeneration) return false;
  const isBack = generation > leftGeneration && running.generation >= generation;
  return !isBack && !running.usedBlocks.has(id);
}

/** With less free elsewhere a disk that fails could run out of space; the lease is used again then. */
const mayGoOn = (free: number, lowWaterBlocks: number) => free >= lowWaterBlocks / 2;

class Planner {
  private readonly staying: readonly HeldLease[];
  private readonly free: number;
  /** Blocks that have room elsewhere: of the leases being emptied, and of those that may be, so far. */
  private promised: number;
  held = false;

  constructor(private readonly target: HeldTarget) {
    this.staying = target.leases.filter(({ toGo, state }) => !toGo && state === 'active');
    this.free = sum(this.staying.map(({ freeBlocks }) => freeBlocks));
    const moving = target.leases.filter(({ toGo, state }) => toGo && state === 'evacuating');
    this.promised = sum(moving.map(({ usedBlocks }) => usedBlocks));
  }

  /** The next state of a lease; undefined when it stays in its own. */
  next(lease: HeldLease): EvacuationStep['to'] | undefined {
    const { running } = this.target;
    if (running && isGone(lease, running)) return 'draining';
    if (lease.state === 'leaving') return this.isRefused(lease) ? 'active' : undefined;
    if (lease.state === 'evacuating') return this.goOn(lease);
    return lease.state === 'active' && lease.toGo ? this.begin(lease) : undefined;
  }

  /** The kernel takes no table without a lease that holds blocks. */
  private isRefused({ id, leftGeneration }: HeldLease): boolean {
    const { running } = this.target;
    if (running === null || leftGeneration === null) return false;
    return running.generation < leftGeneration && (running.usedBlocks.get(id) ?? 0) > 0;
  }

  private begin(lease: HeldLease): 'evacuating' | undefined {
    const { running, lowWaterBlocks, arrayIsHealthy } = this.target;
    const promised = this.promised + lease.usedBlocks;
    if (!arrayIsHealthy || this.free < promised + lowWaterBlocks) {
      this.held = true;
      return undefined;
    }
    if (running?.usedBlocks.has(lease.id) !== true) return undefined;
    this.promised = promised;
    return 'evacuating';
  }

  private goOn(lease: HeldLease): 'active' | 'leaving' | undefined {
    const { lowWaterBlocks, arrayIsHealthy } = this.target;
    if (!lease.toGo) return 'active';
    if (arrayIsHealthy && mayGoOn(this.free, lowWaterBlocks))
      return this.isEmpty(lease) ? 'leaving' : undefined;
    this.held = true;
    return 'active';
  }

  /** Of the newest table only: an older one may be about to be replaced by one that uses the lease again. */
  private isEmpty({ id }: HeldLease): boolean {
    const { running, tableGeneration } = this.target;
    if (running?.generation !== tableGeneration) return false;
    return running.jobIsOver && running.usedBlocks.get(id) === 0;
  }
}

const inTheTable = new Set(['granted', 'active', 'evacuating']);

/**
 * What is to become of the leases of a target, as far as they are to go. Pure and level-triggered: the same
 * books and the same report give the same steps, however often they are looked at.
 */
export function planEvacuation(target: HeldTarget): EvacuationPlan {
  const planner = new Planner(target);
  const steps = target.leases.flatMap((lease): EvacuationStep[] => {
    const to = planner.next(lease);
    return to === undefined ? [] : [{ lease, to }];
  });
  const going = target.leases.filter(({ toGo, state }) => toGo && inTheTable.has(state));
  const blocksToMove = sum(going.map(({ usedBlocks }) => usedBlocks));
  const free = sum(
    target.leases
      .filter(({ toGo, state }) => !toGo && inTheTable.has(state) && state !== 'evacuating')
      .map(({ freeBlocks }) => freeBlocks),
  );
  const hold = target.arrayIsHealthy ? 'WaitsForSpace' : 'ArrayNotHealthy';
  return {
    steps,
    changesTable: steps.some(
      ({ lease, to }) => to !== 'evacuating' && !(lease.state === 'leaving' && to === 'draining'),
    ),
    leasesToGo: going.length,
    blocksToMove,
    blocksLacking:
      going.length === 0 ? 0 : Math.max(0, blocksToMove + target.lowWaterBlocks - free),
    hold: planner.held ? hold : null,
  };
}
