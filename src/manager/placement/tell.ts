import type { PlacementDecision } from '../../../libs/contract/index.js';
import type { NewEvent } from '../events/events.service.js';
import type { WaitingNeed } from '../needs/needs.service.js';
import type { Grant } from './settle.js';

interface SettledWaiting {
  need: WaitingNeed;
  grant: Grant | null;
  unmet: PlacementDecision['unmet'];
}

/** What to tell of a settled need; nothing when it is unmet for the same reason as before. */
export function settledEvent({ need, grant, unmet }: SettledWaiting): NewEvent | undefined {
  const { id: needId, cause, hostId, targetId, targetName, createdAt, readAt } = need;
  if (grant)
    return {
      type: 'lease.granted',
      severity: 'info',
      hostId,
      targetId,
      message: `${grant.extent.length} sectors of spare ${grant.spareId} lent to target ${targetName}`,
      data: {
        leaseId: grant.leaseId,
        needId,
        cause,
        spareId: grant.spareId,
        tableGeneration: grant.generation,
        offsetSectors: grant.extent.offset,
        lengthSectors: grant.extent.length,
        needCreatedAt: createdAt,
        grantedAt: readAt,
      },
    };
  if (!unmet || (need.state === 'unmet' && need.message === unmet.message)) return undefined;
  return {
    type: 'placement.unmet',
    severity: 'error',
    hostId,
    targetId,
    message: `target ${targetName}: ${unmet.message}`,
    data: { needId, cause, reason: unmet.reason, sectors: need.sectors },
  };
}
