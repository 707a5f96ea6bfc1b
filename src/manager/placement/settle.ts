import { randomUUID } from 'node:crypto';
import type {
  BlockSectors,
  Generation,
  HostId,
  LeaseId,
  NeedId,
  NeedPriority,
  PlacementDecision,
  PoolId,
  PoolPolicy,
  Sectors,
  SpareId,
  TargetId,
} from '../../../libs/contract/index.js';
import { leaseGeometry, MAX_MEMBERS } from '../../../libs/dm-table/index.js';
import {
  applyGrant,
  applyGrantElsewhere,
  plan,
  retryAfterMs,
  unmetReason,
  type HostFacts,
  type Placement,
  type PlacementRequest,
  type Plan,
  type PoolFacts,
} from '../../../libs/placement/index.js';

export interface Grant extends Placement {
  leaseId: LeaseId;
  /** Table generation that first carries the lease. */
  generation: Generation;
  totalBlocks: number;
}

/** What planning has to know of a need, be it in the books or only supposed. */
export interface PlannableNeed {
  id: NeedId | null;
  targetId: TargetId;
  targetName: string;
  hostId: HostId;
  poolId: PoolId;
  priority: NeedPriority;
  voluntary: boolean;
  sectors: Sectors;
  blockSectors: BlockSectors;
  tableGeneration: Generation;
}

export interface Settled<Need extends PlannableNeed> {
  need: Need;
  grant: Grant | null;
  /** Also says why there is no grant. */
  decision: PlacementDecision;
  /** What the books call each of its candidates. */
  numbers: readonly number[];
  /** Without a grant: when to plan it again if nothing changes but the time. */
  retryAfterMs: number;
}

/**
 * Plans needs one after the other, in the order given, each on what those before it left. The facts are
 * changed by each grant.
 */
export class Settlement {
  /** Of the tables of targets, as grants have raised them. */
  private readonly generations = new Map<TargetId, number>();
  private readonly sharing: ReadonlyMap<SpareId, HostFacts[]>;
  private readonly decidedAt: string;

  constructor(
    private readonly hosts: ReadonlyMap<HostId, HostFacts>,
    private readonly pools: ReadonlyMap<PoolId, PoolFacts>,
    private readonly nowMs: number,
  ) {
    this.sharing = hostsBySpare(hosts.values());
    this.decidedAt = new Date(nowMs).toISOString();
  }

  policyOf(id: PoolId): PoolPolicy {
    return found(this.pools, id).policy;
  }

  settle<Need extends PlannableNeed>(need: Need, seed: string): Settled<Need> {
    const host = found(this.hosts, need.hostId);
    const pool = found(this.pools, need.poolId);
    const request: PlacementRequest = {
      needId: need.id,
      targetId: need.targetId,
      blockSectors: need.blockSectors,
      lengthSectors: need.sectors,
      priority: need.priority,
      voluntary: need.voluntary,
    };
    const made = plan(request, host, pool, seed, this.nowMs);
    const placement = made.leaseCount < MAX_MEMBERS ? made.placement : null;
    const decision: PlacementDecision = {
      needId: need.id,
      targetId: need.targetId,
      seed,
      dryRun: need.id === null,
      policy: pool.policy.name,
      lengthSectors: need.sectors,
      priority: need.priority,
      outcome: placement ? 'placed' : 'unmet',
      chosenSpareId: placement?.spareId ?? null,
      offsetSectors: (placement?.extent.offset ?? null) as Sectors | null,
      weights: made.weights,
      elsewhere: made.elsewhere,
      candidates: made.candidates,
      unmet: placement ? null : whyNot(need, pool, made),
      decidedAt: this.decidedAt,
    };
    if (!placement) {
      const again = retryAfterMs(made, host, pool, this.nowMs);
      return { need, grant: null, decision, numbers: made.numbers, retryAfterMs: again };
    }
    const { spareId, extent } = placement;
    const geometry = leaseGeometry(extent.length, need.blockSectors);
    if (!geometry.ok) throw new Error(`target ${need.targetName}: ${geometry.message}`);
    applyGrant(host, request, placement, this.nowMs);
    for (const other of this.sharing.get(spareId) ?? [])
      if (other !== host) applyGrantElsewhere(other, request, placement);
    pool.grants += 1;
    const grant: Grant = {
      spareId,
      extent,
      leaseId: randomUUID() as LeaseId,
      generation: this.raise(need),
      totalBlocks: geometry.value.nrBlocks,
    };
    return { need, grant, decision, numbers: made.numbers, retryAfterMs: 0 };
  }

  /** The generation of the target's table that first carries one lease more. */
  private raise({ targetId, tableGeneration }: PlannableNeed): Generation {
    const next = (this.generations.get(targetId) ?? tableGeneration) + 1;
    this.generations.set(targetId, next);
    return next as Generation;
  }
}

function whyNot(need: PlannableNeed, pool: PoolFacts, made: Plan) {
  const { leaseCount } = made;
  if (leaseCount < MAX_MEMBERS) return unmetReason(pool, need.sectors, made);
  return {
    reason: 'LeaseLimitReached',
    message: `target ${need.targetName} has ${leaseCount} leases, the most that a lease's superblock can list`,
  };
}

/** The hosts that see a spare of another one, and that other one: a grant of it changes the facts of each. */
function hostsBySpare(hosts: Iterable<HostFacts>): Map<SpareId, HostFacts[]> {
  const all = [...hosts];
  const bySpare = new Map<SpareId, HostFacts[]>();
  for (const { hostId, spares } of all)
    for (const spare of spares) if (spare.hostId !== hostId) bySpare.set(spare.id, []);
  if (bySpare.size === 0) return bySpare;
  for (const host of all) for (const { id } of host.spares) bySpare.get(id)?.push(host);
  return bySpare;
}

function found<Key extends string, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key);
  if (value === undefined) throw new Error(`nothing is known of ${key}`);
  return value;
}
