import type { HostId } from '../../../libs/contract/index.js';
import type { EvacuationStep } from '../../../libs/evacuation/index.js';
import type { NewEvent } from '../events/events.service.js';
import type { ConcernedTarget } from './evacuation.repository.js';

const WORDS: Record<EvacuationStep['to'], [type: string, words: string]> = {
  evacuating: ['lease.evacuating', 'its blocks move to other leases'],
  leaving: ['lease.evacuated', 'it is empty and leaves the table'],
  active: ['lease.returned', 'it is used again'],
  draining: ['lease.left', 'the kernel runs without it; it is to be wiped'],
};

export function stepEvent(
  hostId: HostId,
  target: ConcernedTarget,
  { lease, to }: EvacuationStep,
): NewEvent {
  const [type, words] = WORDS[to];
  return {
    type,
    severity: 'info',
    hostId,
    targetId: target.id,
    message: `lease ${lease.id} of target ${target.name}: ${words}`,
    data: { leaseId: lease.id, usedBlocks: lease.usedBlocks },
  };
}

/** Something stands in the way that did not before. */
export function waitEvent(
  hostId: HostId,
  target: ConcernedTarget,
  { reason, message }: { reason: string; message: string },
): NewEvent {
  return {
    type: 'target.evacuation-waits',
    severity: 'warning',
    hostId,
    targetId: target.id,
    message: `target ${target.name}: ${message} (${reason})`,
    data: { reason },
  };
}
