import type {
  PlacementCandidate,
  PlacementDecision,
  PoolPolicy,
  SpareId,
} from '../contract/index.js';
import { chooseExtent, lendableSectors } from './extents.js';
import { filterContext, firstRejection, type FilterContext } from './filters.js';
import { betterOfTwo, seededRandom } from './seeded.js';
import type { Extent, FleetSnapshot, PlacementRequest, SpareFact } from './snapshot.js';

/** Scores this close count as equally good; the seed decides among them. */
const BAND = 0.01;

export interface Placement {
  spareId: SpareId;
  extent: Extent;
}

export interface Plan {
  outcome: PlacementDecision['outcome'];
  placement: Placement | null;
  candidates: PlacementCandidate[];
}

interface Kept {
  spare: SpareFact;
  score: number;
  components: Record<string, number>;
}

function leastUtilised(spare: SpareFact, lengthSectors: number): Kept {
  const total = lendableSectors(spare.sizeSectors);
  const leased = spare.leased.reduce((sum, extent) => sum + extent.length, 0);
  const after = (leased + lengthSectors) / total;
  return {
    spare,
    score: Math.max(0, 1 - after),
    components: { utilisationBefore: leased / total, utilisationAfter: after },
  };
}

function choose(kept: readonly Kept[], seed: string): Kept | undefined {
  const best = Math.max(...kept.map(({ score }) => score));
  return betterOfTwo(
    kept.filter(({ score }) => score >= best - BAND),
    seededRandom(seed),
  );
}

function candidate(spare: SpareFact, context: FilterContext): PlacementCandidate {
  const identity = { spareId: spare.id, deviceId: spare.deviceId, hostId: spare.hostId };
  const rejection = firstRejection(spare, context);
  if (rejection)
    return { ...identity, ...rejection, verdict: 'rejected', score: null, scoreComponents: {} };
  const { score, components } = leastUtilised(spare, context.request.lengthSectors);
  return {
    ...identity,
    verdict: 'kept',
    reason: null,
    detail: null,
    score,
    scoreComponents: components,
  };
}

/**
 * Filter, score, choose. Pure: the same request, fleet, policy and seed give the same plan, in whatever
 * order the fleet is listed. A request for a target that the snapshot lacks is an error of the caller.
 */
export function plan(
  request: PlacementRequest,
  fleet: FleetSnapshot,
  policy: PoolPolicy,
  seed: string,
): Plan {
  const target = fleet.targets.find((t) => t.id === request.targetId);
  if (!target) throw new Error(`the fleet snapshot has no target ${request.targetId}`);
  const context = filterContext(request, fleet, policy, target);
  const spares = [...fleet.spares].sort((a, b) => (a.id < b.id ? -1 : 1));
  const candidates = spares.map((spare) => candidate(spare, context));
  const kept = spares
    .filter((_, i) => candidates[i]?.verdict === 'kept')
    .map((spare) => leastUtilised(spare, request.lengthSectors));
  const chosen = kept.length > 0 ? choose(kept, seed)?.spare : undefined;
  const extent = chosen && chooseExtent(chosen.sizeSectors, chosen.leased, request.lengthSectors);
  if (!chosen || !extent) return { outcome: 'unmet', placement: null, candidates };
  return {
    outcome: 'placed',
    placement: { spareId: chosen.id, extent },
    candidates: candidates.map((c) => (c.spareId === chosen.id ? { ...c, verdict: 'chosen' } : c)),
  };
}
