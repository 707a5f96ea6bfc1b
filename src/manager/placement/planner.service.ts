import { Injectable } from '@nestjs/common';
import type {
  NeedId,
  PlacementDecision,
  Pool,
  Sectors,
  Target,
} from '../../../libs/contract/index.js';
import { plan, type FleetSnapshot, type Plan } from '../../../libs/placement/index.js';
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
    const made = plan(
      { needId, targetId: target.id, blockSectors: target.blockSectors, lengthSectors },
      await this.snapshot(sql, target),
      pool.policy,
      seed,
    );
    const decision: PlacementDecision = {
      ...{ needId, targetId: target.id, policy: pool.policy.name, seed, dryRun, lengthSectors },
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

  private async snapshot(sql: Sql, { hostId, poolId }: Target): Promise<FleetSnapshot> {
    return {
      spares: await facts.spareFacts(sql, poolId),
      targets: await facts.targetFacts(sql, hostId),
      arrays: await facts.arrayFacts(sql, hostId),
      disks: await facts.diskFacts(sql, hostId),
    };
  }
}
