import type { PlacementCandidate, PlacementDecision, ScoreWeights } from '../contract/index.js';
import { choose, type Option } from './choice.js';
import { PlanContext } from './context.js';
import { firstRejection } from './filters/index.js';
import type { Placement } from './grants.js';
import { Prospect } from './prospect.js';
import { scorer } from './scores.js';
import type { HostFacts, PlacementRequest, PoolFacts, SpareFact } from './snapshot.js';
import { weightsOf } from './weights.js';

export interface Plan {
  outcome: PlacementDecision['outcome'];
  placement: Placement | null;
  /** The pool's spares that the host can reach, by id. */
  candidates: PlacementCandidate[];
  /** What the books call each candidate. */
  numbers: number[];
  /** How many spares of the pool it cannot reach. */
  elsewhere: number;
  /** In force. */
  weights: ScoreWeights;
  /** Live leases of the target without the placement. */
  leaseCount: number;
}

interface Kept extends Option {
  prospect: Prospect;
  candidate: PlacementCandidate;
}

const byId = (a: SpareFact, b: SpareFact) => (a.id < b.id ? -1 : 1);

/** The pool's spares by id. Facts are mostly kept in that order, and then nothing is sorted. */
function sparesOf(pool: PoolFacts, { spares }: HostFacts): SpareFact[] {
  const mine = spares.filter(({ poolId }) => poolId === pool.id);
  for (let i = 1; i < mine.length; i += 1) {
    const [a, b] = [mine[i - 1], mine[i]];
    if (a && b && byId(a, b) > 0) return mine.sort(byId);
  }
  return mine;
}

/** What the policy would rather have, where there is some of it. */
function preferred(kept: readonly Kept[], { policy, target }: PlanContext): readonly Kept[] {
  if (policy.locality !== 'prefer-local') return kept;
  const isLocal = ({ prospect }: Kept) => prospect.spare.hostId === target.hostId;
  const local = kept.filter(isLocal);
  if (local.length === 0) return kept;
  for (const other of kept)
    if (!isLocal(other)) other.candidate.detail = 'the policy prefers the spares of this host';
  return local;
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
  const weights = weightsOf(pool.policy);
  const scoreOf = scorer(weights);
  const kept: Kept[] = [];
  const spares = sparesOf(pool, host);
  const candidates = spares.map((spare): PlacementCandidate => {
    const prospect = new Prospect(spare, request.lengthSectors);
    const candidate: PlacementCandidate = {
      spareId: spare.id,
      deviceId: spare.deviceId,
      hostId: spare.hostId,
      verdict: 'kept',
      reason: null,
      detail: null,
      score: null,
      scoreComponents: {},
    };
    const rejection = firstRejection(prospect, context);
    if (rejection) {
      candidate.verdict = 'rejected';
      candidate.reason = rejection.reason;
      candidate.detail = rejection.detail;
      return candidate;
    }
    const { score, quality, components } = scoreOf(prospect, context);
    candidate.score = score;
    candidate.scoreComponents = components;
    kept.push({ score, quality, capacity: spare.lendableSectors, prospect, candidate });
    return candidate;
  });
  const { leaseCount } = target;
  const elsewhere = Math.max(0, pool.spareCount - candidates.length);
  const numbers = spares.map(({ number }) => number);
  const looked = { candidates, numbers, elsewhere, weights, leaseCount };
  const chosen = choose(preferred(kept, context), seed);
  const extent = chosen?.prospect.space.extent;
  if (!chosen || !extent) return { outcome: 'unmet', placement: null, ...looked };
  chosen.candidate.verdict = 'chosen';
  const placement = { spareId: chosen.prospect.spare.id, extent };
  return { outcome: 'placed', placement, ...looked };
}
