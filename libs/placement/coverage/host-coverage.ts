import type {
  ArrayCoverage,
  DomainCoverage,
  DomainLevel,
  Sectors,
  ShortfallReason,
} from '../../contract/index.js';
import { arraysOf, redundancyLeft } from '../arrays.js';
import type { ArrayFact, HostFacts, PoolFacts, SpareFact } from '../snapshot.js';
import type { HostBooks } from './books.js';
import { domainsOf, factsWithout, type Loss } from './loss.js';
import { findMatching, replace, replacementFor, type Replacement } from './replacement.js';

const total = (numbers: readonly number[]): Sectors =>
  numbers.reduce((sum, n) => sum + n, 0) as Sectors;

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Replacements of one array or of one target in none. */
interface Leaner {
  array: ArrayFact | undefined;
  name: string;
  replacements: Replacement[];
}

function leanersOf(replacements: readonly Replacement[], facts: HostFacts): Leaner[] {
  const leaners = new Map<string, Leaner>();
  for (const replacement of replacements) {
    const { targetId, poolId } = replacement.books;
    const [array] = arraysOf(targetId, facts).sort((a, b) => byText(a.name, b.name));
    const key = `${poolId} ${array?.uuid ?? targetId}`;
    const name = array?.name ?? facts.targets.find(({ id }) => id === targetId)?.name ?? targetId;
    const leaner = leaners.get(key) ?? { array, name, replacements: [] };
    leaner.replacements.push(replacement);
    leaners.set(key, leaner);
  }
  // The order in which needs would be served: least redundant first.
  const rank = ({ array }: Leaner) => (array && redundancyLeft(array)) ?? 0.5;
  return [...leaners.values()].sort((a, b) => rank(a) - rank(b) || byText(a.name, b.name));
}

function shortfall(replacements: readonly Replacement[]) {
  const unmet = replacements.flatMap((replacement) => replacement.unmet ?? [])[0];
  if (!unmet) return { reason: null, detail: null };
  const counts = new Map<ShortfallReason, number>();
  for (const { reason } of unmet.candidates)
    if (reason) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const ordered = [...counts].sort((a, b) => b[1] - a[1] || byText(a[0], b[0]));
  const [most] = ordered;
  if (!most)
    return { reason: 'no-spare-left' as const, detail: 'no spare of the pool is left in reach' };
  return { reason: most[0], detail: ordered.map(([reason, n]) => `${n} ${reason}`).join(', ') };
}

function arrayCoverage(
  { array, name, replacements }: Leaner,
  { hostId }: HostFacts,
  freeOf: ReadonlyMap<string, number>,
): ArrayCoverage {
  const needed = total(replacements.flatMap(({ lengths }) => lengths));
  const covered = total(replacements.map(({ coveredSectors }) => coveredSectors));
  const matching = new Set(replacements.flatMap((replacement) => [...replacement.matching]));
  return {
    ...{ hostId, arrayUuid: array?.uuid ?? null, name },
    targetIds: replacements.map(({ books }) => books.targetId),
    lostSectors: total(replacements.map(({ lostSectors }) => lostSectors)),
    ...{ neededSectors: needed, coveredSectors: covered },
    remainingSectors: total([...matching].map((id) => freeOf.get(id) ?? 0)),
    suffices: covered === needed,
    ...shortfall(replacements),
  };
}

function afterLoss(loss: Loss, { facts, targets }: HostBooks, pools: readonly PoolFacts[], nowMs: number) {
  const replacements = targets
    .toSorted((a, b) => byText(a.targetId, b.targetId))
    .flatMap((books) => {
      const pool = pools.find(({ id }) => id === books.poolId);
      return (pool && replacementFor(books, pool, loss)) ?? [];
    });
  const after = factsWithout(facts, loss);
  const free = ({ free: gaps }: SpareFact) => total(gaps.map(({ length }) => length));
  const freeOf = new Map<string, number>(after.spares.map((spare) => [spare.id, free(spare)]));
  for (const replacement of replacements) findMatching(replacement, after, nowMs);
  const leaners = leanersOf(replacements, facts);
  for (const { replacements: each } of leaners)
    for (const replacement of each) replace(replacement, after, loss.key, nowMs);
  return leaners.map((leaner) => ({
    poolId: leaner.replacements[0]?.pool.id,
    coverage: arrayCoverage(leaner, facts, freeOf),
  }));
}

/**
 * What the loss of each domain at that level would mean to the targets of one host, for each pool that
 * lends to them there. The planner itself looks for replacements, one array after another, least redundant
 * first; domains in which nothing is lent are left out. The facts stay as they are.
 */
export function hostCoverage(
  books: HostBooks,
  pools: readonly PoolFacts[],
  level: DomainLevel,
  nowMs: number,
): DomainCoverage[] {
  return domainsOf(books.facts, level).flatMap((loss) => {
    const found = afterLoss(loss, books, pools, nowMs);
    return pools.flatMap(({ id: poolId, name: poolName }) => {
      const arrays = found.filter((each) => each.poolId === poolId).map(({ coverage }) => coverage);
      if (arrays.length === 0) return [];
      const inPool = books.facts.spares.filter((s) => s.poolId === poolId && loss.spareIds.has(s.id));
      return domainCoverage({
        ...{ poolId, poolName, level, domain: loss.domain, hostId: loss.hostId },
        ...{ spareIds: inPool.map(({ id }) => id).sort(byText), arrays },
      });
    });
  });
}

type Parts = Pick<
  DomainCoverage,
  'poolId' | 'poolName' | 'level' | 'domain' | 'hostId' | 'spareIds' | 'arrays'
>;

/** Adds the sums up and puts what does not suffice first. */
export function domainCoverage(parts: Parts): DomainCoverage {
  const arrays = parts.arrays.toSorted(
    (a, b) =>
      Number(a.suffices) - Number(b.suffices) ||
      byText(a.hostId, b.hostId) ||
      byText(a.name, b.name),
  );
  return {
    ...parts,
    arrays,
    lostSectors: total(arrays.map(({ lostSectors }) => lostSectors)),
    neededSectors: total(arrays.map(({ neededSectors }) => neededSectors)),
    coveredSectors: total(arrays.map(({ coveredSectors }) => coveredSectors)),
    suffices: arrays.every(({ suffices }) => suffices),
  };
}
