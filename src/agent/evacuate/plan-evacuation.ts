import type { DesiredTarget, LeaseId } from '../../../libs/contract/index.js';
import type { JobStatus, LeaseStatus, RemapStatus } from '../../../libs/dm-table/index.js';
import type { ConditionState } from '../base/conditions.js';
import { surroundings } from './attempts.js';
import type { Attempt } from './attempts.js';

/** What does not show is tried again so often. */
const AGAIN_MS = 600_000;

export interface EvacuationMemory {
  /** The lease that this agent asked the kernel to empty last. */
  readonly asked: LeaseId | undefined;
  readonly attempts: ReadonlyMap<LeaseId, Attempt>;
  readonly nowMs: number;
}

export interface PlannedEvacuation {
  readonly action:
    { readonly kind: 'cancel' } | { readonly kind: 'evacuate'; leaseId: LeaseId } | null;
  readonly conditions: readonly ConditionState[];
}

export const isFlagged = (target: DesiredTarget, leaseId: LeaseId | undefined): boolean =>
  target.leases.some((lease) => lease.leaseId === leaseId && lease.evacuate);

const progress = ({ kind, doneBlocks, totalBlocks }: JobStatus) =>
  `${kind}: ${doneBlocks} of ${totalBlocks} blocks`;

function unfinished(leaseId: LeaseId, reason: string, message: string): ConditionState {
  return { type: `LeaseEvacuated/${leaseId}`, status: 'False', reason, message };
}

/** A job of this agent that empties a lease which is to stay. One that somebody else started is theirs. */
export function isUnwanted(target: DesiredTarget, status: RemapStatus, asked?: LeaseId): boolean {
  const { job } = status;
  return (
    asked !== undefined &&
    job?.kind === 'evacuate' &&
    job.state === 'running' &&
    !isFlagged(target, asked)
  );
}

/** Undefined when it is to be emptied now; else how it stands. */
function standingOf(
  { leaseId, usedBlocks }: LeaseStatus,
  status: RemapStatus,
  { attempts, nowMs }: EvacuationMemory,
): ConditionState | undefined {
  const attempt = attempts.get(leaseId);
  if (attempt?.generation !== status.generation) return undefined;
  if (usedBlocks === 0) {
    const type = `LeaseEvacuated/${leaseId}`;
    return { type, status: 'True', reason: 'Empty', message: '' };
  }
  const { leftWith, leftAtMs, refused } = attempt;
  if (leftWith === null || leftWith !== surroundings(status, leaseId)) return undefined;
  if (nowMs - leftAtMs > AGAIN_MS) return undefined;
  return refused
    ? unfinished(leaseId, 'NoSpace', 'no other lease takes even one of its blocks')
    : unfinished(leaseId, 'BlocksStayed', `${usedBlocks} blocks cannot be read whole or moved`);
}

/**
 * What to tell the kernel about leases that are to be emptied, one at a time, since it has one job at a time.
 * An empty one is told of too: the kernel places nothing there from then on.
 */
export function planEvacuation(
  target: DesiredTarget,
  status: RemapStatus,
  memory: EvacuationMemory,
): PlannedEvacuation {
  const flagged = status.leases.filter(({ leaseId }) => isFlagged(target, leaseId));
  const { job } = status;
  if (isUnwanted(target, status, memory.asked))
    return { action: { kind: 'cancel' }, conditions: [] };
  if (job?.state === 'running') {
    const isOurs = job.kind === 'evacuate';
    return {
      action: null,
      conditions: flagged.map(({ leaseId }) =>
        unfinished(leaseId, isOurs ? 'Evacuating' : 'JobRunning', progress(job)),
      ),
    };
  }
  if (status.generation !== target.tableGeneration) return { action: null, conditions: [] };
  const standings = flagged.map((lease) => standingOf(lease, status, memory));
  const next = flagged[standings.indexOf(undefined)];
  return {
    action: next === undefined ? null : { kind: 'evacuate', leaseId: next.leaseId },
    conditions: flagged.map(
      ({ leaseId }, n) => standings[n] ?? unfinished(leaseId, 'Evacuating', 'is about to begin'),
    ),
  };
}
