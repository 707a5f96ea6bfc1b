import type { PlacementCandidate, PoolPolicy, RejectReason } from '../contract/index.js';

/** Reasons that time or an event takes away, and what the condition is called while they stand. */
const HELD_BACK: Partial<Record<RejectReason, string>> = {
  'array-not-healthy': 'ArrayNotHealthy',
  'host-grant-limit': 'GrantLimitReached',
  'pool-grant-limit': 'GrantLimitReached',
  'reserve-kept': 'ReserveKept',
};

/** One word and one sentence that say why no candidate was chosen. */
export function unmetReason(
  pool: { name: string; policy: PoolPolicy },
  lengthSectors: number,
  { candidates, elsewhere }: { candidates: readonly PlacementCandidate[]; elsewhere: number },
): { reason: string; message: string } {
  if (candidates.length === 0 && elsewhere === 0)
    return {
      reason: 'PoolEmpty',
      message: `pool ${pool.name} has no spares; add one with \`dmremap spare add\``,
    };
  const counts = new Map<RejectReason, number>();
  const add = (reason: RejectReason, n: number) => {
    counts.set(reason, (counts.get(reason) ?? 0) + n);
  };
  for (const { reason } of candidates) if (reason) add(reason, 1);
  if (elsewhere > 0)
    add(pool.policy.locality === 'local-only' ? 'other-host' : 'not-reachable', elsewhere);
  const why = [...counts].map(([reason, n]) => `${n} ${reason}`).join(', ');
  const heldBack = [...counts.keys()].flatMap((reason) => HELD_BACK[reason] ?? [])[0];
  return {
    reason: heldBack ?? 'NoEligibleSpare',
    message: `no spare of pool ${pool.name} can lend ${lengthSectors} sectors: ${why}`,
  };
}
