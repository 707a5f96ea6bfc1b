import type { ArrayFact, Extent, SpareFact, TargetFact } from '../placement/index.js';

export const BLOCK_SECTORS = 8;

export interface Lease {
  target: Target;
  spare: SpareFact;
  extent: Extent;
  totalBlocks: number;
  usedBlocks: number;
}

/** One target, with what the kernel knows of it. */
export interface Target {
  fact: TargetFact;
  bay: number;
  array: ArrayFact | undefined;
  leases: Lease[];
  /** Main blocks that live in leases, or wait to. */
  remapped: Set<number>;
  /** Of these, the ones that no lease has room for, or whose lease is lost. */
  pendingBlocks: number;
  remapsPerHour: number;
  ratedAtHours: number;
}
