import { Injectable } from '@nestjs/common';
import type {
  HostId,
  NeedId,
  NeedPriority,
  PlacementDecision,
  Pool,
  Sectors,
  Target,
} from '../../../libs/contract/index.js';
import { plan, type HostFacts, type Plan, type PoolFacts } from '../../../libs/placement/index.js';
import type { Sql } from '../database/database.service.js';
import { PoolsService } from '../pools/pools.service.js';
import * as facts from './snapshot.repository.js';

export interface Planned {
  pool: Pool;
  plan: Plan;
  decision: PlacementDecision;
}

export interface PlanWish {
  needId: NeedId | null;
  lengthSectors: Sectors;
  seed: string;
  dryRun: boolean;
}

/** Plans on what the given connection sees; the booking and its dry run differ in nothing but the commit. */
@Injectable()
export class PlannerService {
  constructor(private readonly pools: PoolsService) {}

  async plan(sql: Sql, target: Target, wish: PlanWish): Promise<Planned> {
    const pool = await this.pools.get(target.poolId, sql);
    const { needId, lengthSectors, seed, dryRun } = wish;
    const priority: NeedPriority = 'normal';
    const made = plan(
      {
        ...{ needId, targetId: target.id, blockSectors: target.blockSectors, lengthSectors },
        ...{ priority, voluntary: false },
      },
      await this.hostFacts(sql, target.hostId),
      await this.poolFacts(sql, pool),
      seed,
      Date.now(),
    );
    const decision: PlacementDecision = {
      ...{ needId, targetId: target.id, policy: pool.policy.name, seed, dryRun, lengthSectors },
      ...{ priority, weights: made.weights, elsewhere: made.elsewhere },
      outcome: made.outcome,
      chosenSpareId: made.placement?.spareId ?? null,
      offsetSectors: (made.placement?.extent.offset ?? null) as Sectors | null,
      candidates: made.candidates,
      decidedAt: new Date().toISOString(),
    };
    return { pool, plan: made, decision };
  }

  async poolOf(target: Target): Promise<Pool> {
    return this.pools.get(target.poolId);
  }

  private async hostFacts(sql: Sql, hostId: HostId): Promise<HostFacts> {
    return {
      hostId,
      spares: await facts.spareFacts(sql, hostId),
      targets: await facts.targetFacts(sql, hostId),
      arrays: await facts.arrayFacts(sql, hostId),
      disks: await facts.diskFacts(sql, hostId),
      grants: await facts.grantsOfHost(sql, hostId),
    };
  }

  private async poolFacts(sql: Sql, pool: Pool): Promise<PoolFacts> {
    const { id, name, policy, spareCount } = pool;
    return { id, name, policy, spareCount, grants: await facts.grantsOfPool(sql, id) };
  }
}
