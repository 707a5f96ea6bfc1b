import type { PlacementCandidate, PlacementDecision, ScoreWeights } from '../contract/index.js';
import { chooseExtent } from './extents.js';
import { PlanContext } from './context.js';
import { firstRejection } from './filters/index.js';
import type { Placement } from './grants.js';
import { Prospect } from './prospect.js';
import { betterOfTwo, seededRandom } from './seeded.js';
import type { HostFacts, PlacementRequest, PoolFacts, SpareFact } from './snapshot.js';
import { weightsOf } from './weights.js';

/** Scores this close count as equally good; the seed decides among them. */
const BAND = 0.01;

export interface Plan {
  outcome: PlacementDecision['outcome'];
  placement: Placement | null;
  /** The pool's spares that the host can reach, by id. */
  candidates: PlacementCandidate[];
  /** How many spares of the pool it cannot reach. */
  elsewhere: number;
  /** In force. */
  weights: ScoreWeights;
}

interface Kept {
  spare: SpareFact;
  score: number;
  components: Record<string, number>;
}

function leastUtilised(prospect: Prospect): Kept {
  const utilisation = Math.max(0, 1 - prospect.utilisationAfter);
  return { spare: prospect.spare, score: utilisation, components: { utilisation } };
}

function choose(kept: readonly Kept[], seed: string): Kept | undefined {
  const best = Math.max(...kept.map(({ score }) => score));
  return betterOfTwo(
    kept.filter(({ score }) => score >= best - BAND),
    seededRandom(seed),
  );
}

function candidate(prospect: Prospect, context: PlanContext): PlacementCandidate {
  const { spare } = prospect;
  const identity = { spareId: spare.id, deviceId: spare.deviceId, hostId: spare.hostId };
  const rejection = firstRejection(prospect, context);
  if (rejection)
    return { ...identity, ...rejection, verdict: 'rejected', score: null, scoreComponents: {} };
  const { score, components } = leastUtilised(prospect);
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
 * Filter, score, choose. Pure: the same request, facts, pool and seed give the same plan, in whatever order
 * the facts are listed. A request for a target that the facts lack is an error of the caller.
 */
export function plan(
  request: PlacementRequest,
  host: HostFacts,
  pool: PoolFacts,
  seed: string,
  nowMs: number,
): Plan {
  const target = host.targets.find((t) => t.id === request.targetId);
  if (!target)
    throw new Error(`the facts of host ${host.hostId} have no target ${request.targetId}`);
  const context = new PlanContext(request, host, pool, target, nowMs);
  const spares = host.spares
    .filter(({ poolId }) => poolId === pool.id)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((spare) => new Prospect(spare, request.lengthSectors));
  const candidates = spares.map((prospect) => candidate(prospect, context));
  const kept = spares.filter((_, i) => candidates[i]?.verdict === 'kept').map(leastUtilised);
  const chosen = kept.length > 0 ? choose(kept, seed)?.spare : undefined;
  const extent = chosen && chooseExtent(chosen.free, request.lengthSectors);
  const elsewhere = Math.max(0, pool.spareCount - spares.length);
  const weights = weightsOf(pool.policy);
  if (!chosen || !extent)
    return { outcome: 'unmet', placement: null, candidates, elsewhere, weights };
  return {
    outcome: 'placed',
    placement: { spareId: chosen.id, extent },
    candidates: candidates.map((c) => (c.spareId === chosen.id ? { ...c, verdict: 'chosen' } : c)),
    elsewhere,
    weights,
  };
}
