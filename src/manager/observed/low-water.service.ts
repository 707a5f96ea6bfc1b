import { Injectable } from '@nestjs/common';
import type { Target, TargetId } from '../../../libs/contract/index.js';
import { MAX_MEMBERS } from '../../../libs/dm-table/index.js';
import { leaseLength, needPriority, redundancyLeft } from '../../../libs/placement/index.js';
import type { Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import type { EvacuationDemand } from '../evacuation/evacuation.service.js';
import { HostsService } from '../hosts/hosts.service.js';
import { InventoryService } from '../inventory/inventory.service.js';
import { NeedsService } from '../needs/needs.service.js';
import { PoolsService } from '../pools/pools.service.js';
import { SparesService } from '../pools/spares.service.js';

type Evacuations = ReadonlyMap<TargetId, EvacuationDemand>;
const NOTHING: EvacuationDemand = { blocksToMove: 0, blocksLacking: 0 };

/**
 * Leases are granted ahead of need: a target whose free blocks run low needs a further one, and so does one
 * whose blocks are to move from a lease that is to go.
 */
@Injectable()
export class LowWaterService {
  constructor(
    private readonly hosts: HostsService,
    private readonly pools: PoolsService,
    private readonly spares: SparesService,
    private readonly inventory: InventoryService,
    private readonly needs: NeedsService,
    private readonly events: EventsService,
  ) {}

  async topUp(tx: Tx, targets: readonly Target[], evacuations: Evacuations): Promise<void> {
    for (const target of targets) {
      const { id, observed, freeBlocks, lowWaterBlocks } = target;
      const demand = evacuations.get(id);
      const low = observed !== null && freeBlocks < lowWaterBlocks;
      const lacking = demand !== undefined && demand.blocksLacking > 0;
      if (demand && (low || !lacking))
        await this.needs.giveUpAll(tx, id, 'evacuation', 'nothing waits for it any more');
      if (target.state !== 'active' || target.leaseCount >= MAX_MEMBERS) continue;
      if (low) await this.recordLow(tx, target, demand);
      else if (lacking) await this.recordEvacuation(tx, target, demand);
    }
  }

  /** Nothing forces it now, so it waits for the arrays of the target to be healthy. */
  private async recordEvacuation(tx: Tx, target: Target, demand: EvacuationDemand): Promise<void> {
    const { id, hostId } = target;
    if ((await this.needs.unfinishedOf(tx, id)).length > 0) return;
    const generations = await this.hosts.generations(hostId, tx);
    await this.needs.record(tx, {
      ...{
        targetId: id,
        hostId,
        cause: 'evacuation',
        requestKey: `ev-${id}-${generations?.desired}`,
      },
      sectors: await this.length(tx, target, demand.blocksLacking),
      ...{ priority: 'normal', urgency: (await this.urgency(tx, target)).urgency },
    });
  }

  private async recordLow(tx: Tx, target: Target, demand = NOTHING): Promise<void> {
    const { id, hostId, name, freeBlocks, lowWaterBlocks, desiredTableGeneration } = target;
    const urgency = await this.urgency(tx, target);
    if ((await this.needs.unfinishedOf(tx, id)).length > 0) {
      await this.needs.press(tx, id, urgency);
      return;
    }
    const { need, created } = await this.needs.record(tx, {
      targetId: id,
      hostId,
      cause: 'low-water',
      requestKey: `lw-${id}-${desiredTableGeneration}`,
      sectors: await this.length(tx, target, demand.blocksLacking),
      ...urgency,
    });
    if (!created) return;
    this.events.record(tx, {
      type: 'target.low-water',
      severity: 'warning',
      hostId,
      targetId: id,
      message: `target ${name} has ${freeBlocks} free blocks left, fewer than ${lowWaterBlocks}`,
      data: {
        needId: need.id,
        freeBlocks,
        lowWaterBlocks,
        tableGeneration: desiredTableGeneration,
      },
    });
  }

  private async length(tx: Tx, target: Target, leastBlocks: number) {
    const { hostId, poolId, remapsPerHour, blockSectors } = target;
    const policy = await this.pools.policyOf(tx, poolId);
    const freeRatio = await this.spares.freeRatio(tx, hostId, poolId);
    return leaseLength({ policy, remapsPerHour, blockSectors, freeRatio, leastBlocks });
  }

  private async urgency(tx: Tx, { id, hostId, freeBlocks, remapsPerHour }: Target) {
    const redundancies = (await this.inventory.arraysOf(tx, hostId))
      .filter(({ members }) => members.some(({ targetId }) => targetId === id))
      .flatMap((array) => redundancyLeft(array) ?? []);
    const { priority, order } = needPriority({
      redundancyLeft: redundancies.length > 0 ? Math.min(...redundancies) : null,
      freeBlocks,
      remapsPerHour,
    });
    return { priority, urgency: order };
  }
}
