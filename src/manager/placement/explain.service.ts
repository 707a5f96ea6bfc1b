import { Injectable } from '@nestjs/common';
import type {
  ExplainPlacement,
  PlacementDecision,
  SimulatePlacement,
  Target,
} from '../../../libs/contract/index.js';
import { DatabaseService } from '../database/database.service.js';
import { TargetsService } from '../targets/targets.service.js';
import { FactsService } from './facts.service.js';
import { Settlement, type PlannableNeed } from './settle.js';

/** Plans needs that nobody has, on the facts of this moment; nothing but the commit is left out. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly database: DatabaseService,
    private readonly facts: FactsService,
    private readonly targets: TargetsService,
  ) {}

  async explain(wish: ExplainPlacement): Promise<PlacementDecision> {
    const [decision] = await this.simulate({ needs: [{ ...wish, count: 1 }] });
    if (!decision) throw new Error('one need gave no decision');
    return decision;
  }

  /** One need after the other, each on what those before it would leave. */
  async simulate({ needs }: SimulatePlacement): Promise<PlacementDecision[]> {
    return this.database.transaction(async (tx) => {
      const targets = new Map<string, Target>();
      for (const { targetId } of needs)
        if (!targets.has(targetId))
          targets.set(targetId, await this.targets.get(targetId, null, tx));
      const all = [...targets.values()];
      const pools = await this.facts.ofPools(
        tx,
        all.map(({ poolId }) => poolId),
      );
      const hosts = await this.facts.peek(tx, [...new Set(all.map(({ hostId }) => hostId))]);
      const settlement = new Settlement(hosts, pools, Date.now());
      return needs.flatMap(({ targetId, lengthSectors, priority, seed, count }) => {
        const target = targets.get(targetId);
        const pool = target && pools.get(target.poolId);
        if (!pool) throw new Error(`target ${targetId} has no pool`);
        const need: PlannableNeed = {
          id: null,
          ...{ targetId: target.id, targetName: target.name, hostId: target.hostId },
          ...{ poolId: target.poolId, blockSectors: target.blockSectors },
          ...{ leaseCount: target.leaseCount, tableGeneration: target.desiredTableGeneration },
          priority: priority ?? 'normal',
          voluntary: false,
          sectors: lengthSectors ?? pool.policy.leaseSectors,
        };
        return Array.from({ length: count }, (_, n) =>
          settlement.settle(need, `${seed ?? 'explain'}${n === 0 ? '' : `-${n}`}`),
        ).map(({ decision }) => decision);
      });
    });
  }
}
