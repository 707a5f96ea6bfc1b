import { Injectable } from '@nestjs/common';
import type {
  ExplainPlacement,
  Need,
  NeedId,
  PlacementDecision,
  Target,
  TargetId,
} from '../../../libs/contract/index.js';
import { leaseGeometry, MAX_MEMBERS } from '../../../libs/dm-table/index.js';
import { unmetReason, type Placement } from '../../../libs/placement/index.js';
import { DatabaseService, type Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import { HostsService } from '../hosts/hosts.service.js';
import { LeasesService } from '../leases/leases.service.js';
import { NeedsService } from '../needs/needs.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import { TargetsService } from '../targets/targets.service.js';
import * as decisions from './decisions.repository.js';
import { PlannerService, type Planned } from './planner.service.js';

@Injectable()
export class PlacementService {
  constructor(
    private readonly database: DatabaseService,
    private readonly planner: PlannerService,
    private readonly hosts: HostsService,
    private readonly needs: NeedsService,
    private readonly targets: TargetsService,
    private readonly leases: LeasesService,
    private readonly events: EventsService,
  ) {}

  /** Looks at a need and settles it if it can. Harmless when repeated, late or racing another manager. */
  async place(needId: NeedId): Promise<void> {
    const known = await this.needs.find(needId);
    if (known?.state !== 'open' && known?.state !== 'unmet') return;
    await this.database.transaction(async (tx) => {
      await this.hosts.lock(tx, known.hostId);
      const need = await this.needs.lock(tx, needId);
      if (need?.state !== 'open' && need?.state !== 'unmet') return;
      const target = await this.targets.get(need.targetId, null, tx);
      if (target.leaseCount >= MAX_MEMBERS) {
        const message = `target ${target.name} has ${target.leaseCount} leases, the most that a lease's superblock can list`;
        await this.leaveUnmet(tx, need, target, { reason: 'LeaseLimitReached', message });
        return;
      }
      const planned = await this.planner.plan(tx, target, {
        needId,
        lengthSectors: need.sectors,
        seed: needId,
        dryRun: false,
      });
      await decisions.insertDecision(tx, planned.decision);
      if (planned.plan.placement) await this.book(tx, need, target, planned.plan.placement);
      else await this.leaveUnmet(tx, need, target, this.why(need, planned));
    });
  }

  private async book(tx: Tx, need: Need, target: Target, { spareId, extent }: Placement) {
    const geometry = leaseGeometry(extent.length, target.blockSectors);
    if (!geometry.ok) throw new Error(`need ${need.id}: ${geometry.message}`);
    const { hostId, id: targetId } = target;
    const tableGeneration = await this.targets.raiseTableGeneration(tx, targetId);
    const { id: leaseId, grantedAt } = await this.leases.book(tx, {
      ...{ targetId, spareId, needId: need.id, offset: extent.offset, length: extent.length },
      generation: tableGeneration,
      totalBlocks: geometry.value.nrBlocks,
    });
    const hostGeneration = await this.hosts.raiseDesired(tx, hostId);
    await this.needs.advance(tx, need, 'placed');
    await this.targets.setCondition(tx, targetId, {
      type: 'SpareSpace',
      status: 'True',
      reason: 'LeaseGranted',
      message: `lease ${leaseId} of ${extent.length} sectors was granted`,
    });
    this.events.record(tx, {
      type: 'lease.granted',
      severity: 'info',
      hostId,
      targetId,
      message: `${extent.length} sectors of spare ${spareId} lent to target ${target.name}`,
      data: {
        ...{
          leaseId,
          needId: need.id,
          cause: need.cause,
          spareId,
          tableGeneration,
          hostGeneration,
        },
        offsetSectors: extent.offset,
        lengthSectors: extent.length,
        needCreatedAt: need.createdAt,
        grantedAt,
      },
    });
  }

  private why(need: Need, { pool, decision }: Planned) {
    return unmetReason(pool, need.sectors, decision);
  }

  private async leaveUnmet(
    tx: Tx,
    need: Need,
    target: Target,
    { reason, message }: { reason: string; message: string },
  ): Promise<void> {
    await this.needs.advance(tx, need, 'unmet', message);
    const condition = { type: 'SpareSpace', status: 'False' as const, reason, message };
    await this.targets.setCondition(tx, target.id, condition);
    if (need.state === 'unmet' && need.message === message) return;
    this.events.record(tx, {
      type: 'placement.unmet',
      severity: 'error',
      hostId: target.hostId,
      targetId: target.id,
      message: `target ${target.name}: ${message}`,
      data: { needId: need.id, cause: need.cause, reason, sectors: need.sectors },
    });
  }

  async explain(wish: ExplainPlacement): Promise<PlacementDecision> {
    const target = await this.targets.get(wish.targetId);
    const pool = await this.planner.poolOf(target);
    const { decision } = await this.planner.plan(this.database, target, {
      needId: null,
      lengthSectors: wish.lengthSectors ?? pool.policy.leaseSectors,
      seed: wish.seed ?? 'explain',
      dryRun: true,
    });
    return decision;
  }

  async listDecisions(
    page: PageRequest,
    targetId: TargetId | null,
  ): Promise<PageOf<PlacementDecision>> {
    const rows = await decisions.listDecisions(this.database, page, targetId);
    return toPage<PlacementDecision>(rows, page.limit);
  }
}
