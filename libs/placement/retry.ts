import type { PlacementCandidate, RejectReason } from '../contract/index.js';
import { HOUR_MS } from './grants.js';
import type { HostFacts, PoolFacts } from './snapshot.js';

/** Which grants a pool's bound counts is not among the facts. */
const POOL_BOUND_MS = 5 * 60_000;

/**
 * In milliseconds, when a need that none of the candidates could serve is worth another look, if nothing changes
 * but the time: when the oldest of as many grants as the host may have in an hour is an hour old.
 */
export function retryAfterMs(
  { candidates }: { candidates: readonly PlacementCandidate[] },
  { grants }: Pick<HostFacts, 'grants'>,
  { policy: { maxGrantsPerHostPerHour: most } }: Pick<PoolFacts, 'policy'>,
  nowMs: number,
): number {
  const isHeldBackBy = (why: RejectReason) => candidates.some(({ reason }) => reason === why);
  if (most !== null && isHeldBackBy('host-grant-limit')) {
    const oldest = grants[grants.length - most] ?? nowMs;
    return Math.min(HOUR_MS, Math.max(0, oldest + HOUR_MS - nowMs));
  }
  return isHeldBackBy('pool-grant-limit') ? POOL_BOUND_MS : HOUR_MS;
}
