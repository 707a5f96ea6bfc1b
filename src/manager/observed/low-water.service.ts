import { Injectable } from '@nestjs/common';
import type { HostId, Target } from '../../../libs/contract/index.js';
import { MAX_MEMBERS } from '../../../libs/dm-table/index.js';
import { leaseLength, needPriority, redundancyLeft } from '../../../libs/placement/index.js';
import type { Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import { InventoryService } from '../inventory/inventory.service.js';
import { NeedsService } from '../needs/needs.service.js';
import { PoolsService } from '../pools/pools.service.js';
import { SparesService } from '../pools/spares.service.js';
import { TargetsService } from '../targets/targets.service.js';

/** Leases are granted ahead of need: a target whose free blocks run low needs a further one. */
@Injectable()
export class LowWaterService {
  constructor(
    private readonly targets: TargetsService,
    private readonly pools: PoolsService,
    private readonly spares: SparesService,
    private readonly inventory: InventoryService,
    private readonly needs: NeedsService,
    private readonly events: EventsService,
  ) {}

  async topUp(tx: Tx, hostId: HostId): Promise<void> {
    for (const target of await this.targets.ofHost(tx, hostId)) {
      const low = target.observed !== null && target.freeBlocks < target.lowWaterBlocks;
      if (low && target.state === 'active' && target.leaseCount < MAX_MEMBERS)
        await this.record(tx, target);
    }
  }

  private async record(tx: Tx, target: Target): Promise<void> {
    const { id, hostId, name, freeBlocks, lowWaterBlocks, desiredTableGeneration } = target;
    if ((await this.needs.unfinishedOf(tx, id)).length > 0) return;
    const { need, created } = await this.needs.record(tx, {
      targetId: id,
      hostId,
      cause: 'low-water',
      requestKey: `lw-${id}-${desiredTableGeneration}`,
      sectors: await this.length(tx, target),
      ...(await this.urgency(tx, target)),
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

  private async length(tx: Tx, { hostId, poolId, remapsPerHour, blockSectors }: Target) {
    const policy = await this.pools.policyOf(tx, poolId);
    const freeRatio = await this.spares.freeRatio(tx, hostId, poolId);
    return leaseLength({ policy, remapsPerHour, blockSectors, freeRatio });
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
