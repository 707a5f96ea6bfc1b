import type { Generation, LeaseId, LeaseState } from '../contract/index.js';

/** A lease that its target holds, as the books have it once the report is in them. */
export interface HeldLease {
  id: LeaseId;
  state: Exclude<LeaseState, 'planned' | 'draining' | 'released'>;
  /** Its spare is being emptied, or that spare's host is. */
  toGo: boolean;
  usedBlocks: number;
  /** That may still be used; none of a lease that failed. */
  freeBlocks: number;
  /** Table generation that first carries it, or carries it again. */
  generation: Generation;
  /** Table generation that first does without it; null before there was one. */
  leftGeneration: Generation | null;
}

/** What a report says of a target. */
export interface RunningTable {
  generation: Generation;
  /** The blocks in each lease that the kernel has. */
  usedBlocks: ReadonlyMap<LeaseId, number>;
  /** A job was started since the target was made, and none runs. */
  jobIsOver: boolean;
}

export interface HeldTarget {
  /** In grant order. */
  leases: readonly HeldLease[];
  tableGeneration: Generation;
  lowWaterBlocks: number;
  /** Null when the report lacks the target. */
  running: RunningTable | null;
  /** None of its arrays is degraded or rebuilding. */
  arrayIsHealthy: boolean;
}
