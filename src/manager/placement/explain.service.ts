import { Injectable } from '@nestjs/common';
import type {
  ExplainPlacement,
  NeedId,
  PlacementDecision,
  SimulatePlacement,
  Target,
} from '../../../libs/contract/index.js';
import { DatabaseService, type Tx } from '../database/database.service.js';
import { NeedsService } from '../needs/needs.service.js';
import { conflict } from '../problem.js';
import { TargetsService } from '../targets/targets.service.js';
import { FactsService } from './facts.service.js';
import { Settlement, type PlannableNeed } from './settle.js';

/** Plans needs on the facts of this moment; nothing but the commit is left out. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly database: DatabaseService,
    private readonly facts: FactsService,
    private readonly targets: TargetsService,
    private readonly needs: NeedsService,
  ) {}

  async explain(wish: ExplainPlacement): Promise<PlacementDecision> {
    const [decision] = await this.simulate({ needs: [{ ...wish, count: 1 }] });
    if (!decision) throw new Error('one need gave no decision');
    return decision;
  }

  /** What would become of a need that waits, were it planned now. */
  async explainNeed(id: NeedId): Promise<PlacementDecision> {
    return this.database.transaction(async (tx) => {
      const need = await this.needs.get(id, tx);
      if (need.state !== 'open' && need.state !== 'unmet')
        throw conflict(
          'need-settled',
          `Need ${id} is ${need.state}; \`dmremap placement decisions --target ${need.targetId}\` shows how it was decided.`,
        );
      const target = await this.targets.get(need.targetId, null, tx);
      const settlement = await this.settlementFor(tx, [target]);
      const { priority, sectors, cause } = need;
      const voluntary = cause === 'evacuation';
      return settlement.settle({ ...needOf(target), priority, sectors, voluntary }, id).decision;
    });
  }

  /** Needs that nobody has, one after the other, each on what those before it would leave. */
  async simulate({ needs }: SimulatePlacement): Promise<PlacementDecision[]> {
    return this.database.transaction(async (tx) => {
      const targets = new Map<string, Target>();
      for (const { targetId } of needs)
        if (!targets.has(targetId))
          targets.set(targetId, await this.targets.get(targetId, null, tx));
      const settlement = await this.settlementFor(tx, [...targets.values()]);
      return needs.flatMap(({ targetId, lengthSectors, priority, seed, count }) => {
        const target = targets.get(targetId);
        if (!target) throw new Error(`target ${targetId} was not read`);
        const need: PlannableNeed = {
          ...needOf(target),
          priority: priority ?? 'normal',
          voluntary: false,
          sectors: lengthSectors ?? settlement.policyOf(target.poolId).leaseSectors,
        };
        return Array.from({ length: count }, (_, n) =>
          settlement.settle(need, `${seed ?? 'explain'}${n === 0 ? '' : `-${n}`}`),
        ).map(({ decision }) => decision);
      });
    });
  }

  private async settlementFor(tx: Tx, targets: readonly Target[]): Promise<Settlement> {
    const pools = await this.facts.ofPools(
      tx,
      targets.map(({ poolId }) => poolId),
    );
    const hosts = await this.facts.peek(tx, [...new Set(targets.map(({ hostId }) => hostId))]);
    return new Settlement(hosts, pools, Date.now());
  }
}

/** What planning has to know of the target of a need. */
function needOf(target: Target) {
  const { id: targetId, name: targetName, hostId, poolId, blockSectors } = target;
  const { desiredTableGeneration: tableGeneration } = target;
  return { id: null, targetId, targetName, hostId, poolId, blockSectors, tableGeneration };
}
