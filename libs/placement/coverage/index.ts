import type { DomainCoverage, DomainLevel } from '../../contract/index.js';
import type { PoolFacts } from '../snapshot.js';
import type { HostBooks } from './books.js';
import { domainCoverage, hostCoverage } from './host-coverage.js';

export type { HostBooks, TargetBooks } from './books.js';
export { hostCoverage } from './host-coverage.js';

const keyOf = ({ poolId, level, hostId, domain }: DomainCoverage) =>
  `${poolId} ${level} ${hostId ?? ''} ${domain}`;

/**
 * Joins what hosts say of the same domain, such as a rack or a shared enclosure. A spare that several hosts
 * see counts for each of them: whether it can serve them all at once is not looked at.
 */
export function mergeCoverage(parts: Iterable<DomainCoverage>): DomainCoverage[] {
  const merged = new Map<string, DomainCoverage>();
  for (const part of parts) {
    const key = keyOf(part);
    const known = merged.get(key);
    if (!known) merged.set(key, part);
    else
      merged.set(
        key,
        domainCoverage({
          ...known,
          spareIds: [...new Set([...known.spareIds, ...part.spareIds])].sort(),
          arrays: [...known.arrays, ...part.arrays],
        }),
      );
  }
  return [...merged.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

/** `hostCoverage` of all hosts, joined. Where one host changes, its own part is all that does. */
export const coverage = (
  hosts: readonly HostBooks[],
  pools: readonly PoolFacts[],
  level: DomainLevel,
  nowMs: number,
): DomainCoverage[] =>
  mergeCoverage(hosts.flatMap((books) => hostCoverage(books, pools, level, nowMs)));
