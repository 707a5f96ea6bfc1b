import type { PlacementCandidate } from '../contract/index.js';

/** One word and one sentence that say why no candidate was chosen. */
export function unmetReason(
  poolName: string,
  lengthSectors: number,
  candidates: readonly PlacementCandidate[],
): { reason: string; message: string } {
  if (candidates.length === 0)
    return {
      reason: 'PoolEmpty',
      message: `pool ${poolName} has no spares; add one with \`dmremap spare add\``,
    };
  const counts = new Map<string, number>();
  for (const { reason } of candidates)
    if (reason) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const why = [...counts].map(([reason, n]) => `${n} ${reason}`).join(', ');
  return {
    reason: 'NoEligibleSpare',
    message: `no spare of pool ${poolName} can lend ${lengthSectors} sectors: ${why}`,
  };
}
