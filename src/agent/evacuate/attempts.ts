import type { Generation, LeaseId } from '../../../libs/contract/index.js';
import type { RemapStatus } from '../../../libs/dm-table/index.js';

/** One request to the kernel to empty a lease. */
export interface Attempt {
  /** Of the table that ran then; another table lifts what the kernel was told. */
  readonly generation: Generation;
  /** No other lease takes any block. */
  readonly refused: boolean;
  /** What stood around when blocks were left at its end; null before that. */
  readonly leftWith: string | null;
  readonly leftAtMs: number;
}

/** All that lets an attempt in vain go better the next time, as far as the status tells. */
export function surroundings(status: RemapStatus, leaseId: LeaseId): string {
  const used = status.leases.find((lease) => lease.leaseId === leaseId)?.usedBlocks ?? 0;
  const hasRoom = status.leases.some(
    (lease) =>
      lease.leaseId !== leaseId && lease.state === 'ok' && lease.usedBlocks < lease.totalBlocks,
  );
  return `${used} ${status.pendingBlocks} ${hasRoom}`;
}

/** Since this agent started; one that starts anew tries once more, which does no harm. */
export class Attempts {
  private readonly byLease = new Map<LeaseId, Attempt>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  get all(): ReadonlyMap<LeaseId, Attempt> {
    return this.byLease;
  }

  begin(leaseId: LeaseId, generation: Generation, refused = false): void {
    this.byLease.set(leaseId, { generation, refused, leftWith: null, leftAtMs: 0 });
  }

  /** Notes what the attempts that are over have left. */
  look(status: RemapStatus): void {
    const { job } = status;
    if (job?.state === 'running') return;
    for (const { leaseId, usedBlocks } of status.leases) {
      const attempt = this.byLease.get(leaseId);
      if (attempt?.leftWith !== null || attempt.generation !== status.generation) continue;
      const inVain = attempt.refused || (job?.kind === 'evacuate' && job.failedBlocks > 0);
      if (usedBlocks === 0 || !inVain) continue;
      const leftWith = surroundings(status, leaseId);
      this.byLease.set(leaseId, { ...attempt, leftWith, leftAtMs: this.now() });
    }
  }
}
