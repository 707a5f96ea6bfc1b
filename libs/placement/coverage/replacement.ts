import type { Sectors, SpareId } from '../../contract/index.js';
import { applyGrant } from '../grants.js';
import { plan, type Plan } from '../plan.js';
import type { HostFacts, PlacementRequest, PoolFacts } from '../snapshot.js';
import type { TargetBooks } from './books.js';
import type { Loss } from './loss.js';

/** What one target needs anew once a domain is lost, and what of it there is. */
export interface Replacement {
  books: TargetBooks;
  pool: PoolFacts;
  lostSectors: number;
  /** Lengths of the leases to be replaced, longest first, and of the one that low water asks for. */
  lengths: number[];
  coveredSectors: number;
  /** Spares that would serve it, as things are right after the loss. */
  matching: Set<SpareId>;
  /** The first plan that found no spare. */
  unmet: Plan | undefined;
}

/** Undefined when the target loses nothing, or is lost itself. */
export function replacementFor(
  books: TargetBooks,
  pool: PoolFacts,
  { spareIds, lostTargets }: Loss,
): Replacement | undefined {
  if (lostTargets.has(books.targetId)) return undefined;
  const lost = books.leases.filter(({ spareId }) => spareIds.has(spareId));
  if (lost.length === 0) return undefined;
  const lengths = lost.map(({ sectors }) => sectors).sort((a, b) => b - a);
  const lostSectors = lengths.reduce((sum, sectors) => sum + sectors, 0);
  const freeBlocks = books.leases
    .filter(({ spareId }) => !spareIds.has(spareId))
    .reduce((sum, lease) => sum + lease.freeBlocks, 0);
  if (freeBlocks < pool.policy.lowWaterBlocks) lengths.push(pool.policy.leaseSectors);
  return {
    ...{ books, pool, lostSectors, lengths },
    ...{ coveredSectors: 0, matching: new Set(), unmet: undefined },
  };
}

/** The reserve is there for this, and what a storm guard spreads over hours is asked for in the end. */
function withoutGuards(pool: PoolFacts): PoolFacts {
  const unguarded = { maxGrantsPerHostPerHour: null, maxGrantsPerHour: null };
  return { ...pool, policy: { ...pool.policy, ...unguarded } };
}

const requestOf = ({ books }: Replacement, lengthSectors: number): PlacementRequest => ({
  ...{ needId: null, targetId: books.targetId, blockSectors: books.blockSectors },
  ...{ lengthSectors: lengthSectors as Sectors, priority: 'urgent', voluntary: false },
});

/** Which spares match, before anything is replaced. */
export function findMatching(replacement: Replacement, after: HostFacts, nowMs: number): void {
  const [longest = 0] = replacement.lengths;
  const pool = withoutGuards(replacement.pool);
  const { candidates } = plan(requestOf(replacement, longest), after, pool, '', nowMs);
  for (const { spareId, verdict } of candidates)
    if (verdict !== 'rejected') replacement.matching.add(spareId);
}

/** Replaces what it can on the facts after the loss, which it changes. */
export function replace(
  replacement: Replacement,
  after: HostFacts,
  seed: string,
  nowMs: number,
): void {
  const pool = withoutGuards(replacement.pool);
  replacement.lengths.forEach((length, i) => {
    const request = requestOf(replacement, length);
    const made = plan(request, after, pool, `${seed} ${request.targetId} ${i}`, nowMs);
    if (!made.placement) {
      replacement.unmet ??= made;
      return;
    }
    applyGrant(after, request, made.placement, nowMs);
    replacement.coveredSectors += length;
  });
}
