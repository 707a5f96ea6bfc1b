import { Injectable } from '@nestjs/common';
import type {
  Condition,
  Generation,
  HostId,
  LeaseId,
  ObservedState,
  TargetId,
} from '../../../libs/contract/index.js';
import {
  planEvacuation,
  type EvacuationPlan,
  type EvacuationStep,
  type RunningTable,
} from '../../../libs/evacuation/index.js';
import { unhealthyArray } from '../../../libs/placement/index.js';
import type { Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import { HostsService } from '../hosts/hosts.service.js';
import { InventoryService } from '../inventory/inventory.service.js';
import { LeaseReleaseService } from '../leases/lease-release.service.js';
import { LeasesService } from '../leases/leases.service.js';
import { NeedsService } from '../needs/needs.service.js';
import { TargetsService } from '../targets/targets.service.js';
import { evacuationCondition } from './condition.js';
import * as repository from './evacuation.repository.js';
import type { ConcernedTarget } from './evacuation.repository.js';
import { stepEvent, waitEvent } from './tell.js';

/** What a target asks for so that its leases on spares that are drained can go. */
export type EvacuationDemand = Pick<EvacuationPlan, 'blocksToMove' | 'blocksLacking'>;

function runningTable(report: ObservedState, targetId: TargetId): RunningTable | null {
  const target = report.targets.find((each) => each.targetId === targetId);
  if (!target) return null;
  return {
    generation: target.tableGeneration,
    usedBlocks: new Map(target.leases.map(({ leaseId, usedBlocks }) => [leaseId, usedBlocks])),
    jobIsOver: target.job !== null && target.job.state !== 'running',
  };
}

/**
 * Leases leave the spares that are drained: emptied by the kernel, left out of the table, wiped, released,
 * each on what the host's report confirms of the step before.
 */
@Injectable()
export class EvacuationService {
  constructor(
    private readonly targets: TargetsService,
    private readonly hosts: HostsService,
    private readonly inventory: InventoryService,
    private readonly leases: LeasesService,
    private readonly releases: LeaseReleaseService,
    private readonly needs: NeedsService,
    private readonly events: EventsService,
  ) {}

  /** Takes each lease one step further, as far as the report goes; what the targets lack for the next ones. */
  async observe(
    tx: Tx,
    hostId: HostId,
    report: ObservedState,
  ): Promise<Map<TargetId, EvacuationDemand>> {
    const demands = new Map<TargetId, EvacuationDemand>();
    const concerned = await repository.concernedTargets(tx, hostId);
    if (concerned.length === 0) return demands;
    const isHealthy = await this.arrayHealth(tx, hostId);
    let changed = await this.release(tx, hostId, concerned, report);
    for (const target of concerned) {
      const plan = planEvacuation({
        ...target,
        running: runningTable(report, target.id),
        arrayIsHealthy: isHealthy(target.id),
      });
      demands.set(target.id, plan);
      const table = (target.tableGeneration + (plan.changesTable ? 1 : 0)) as Generation;
      for (const step of plan.steps) {
        await this.take(tx, step, table);
        this.events.record(tx, stepEvent(hostId, target, step));
        changed = true;
      }
      await this.settle(tx, hostId, target, { plan, table, reported: report.conditions });
    }
    if (changed) await this.hosts.raiseDesired(tx, [hostId]);
    return demands;
  }

  private async arrayHealth(tx: Tx, hostId: HostId): Promise<(id: TargetId) => boolean> {
    const arrays = (await this.inventory.arraysOf(tx, hostId)).map((array) => ({
      ...array,
      ...{ hostId, name: array.kernelName },
    }));
    return (id) => unhealthyArray({ id }, { arrays }) === undefined;
  }

  private async take(tx: Tx, { lease, to }: EvacuationStep, table: Generation): Promise<void> {
    if (to === 'leaving') await this.leases.leave(tx, lease, table);
    else if (lease.state === 'leaving' && to === 'active')
      await this.leases.comeBack(tx, lease, table);
    else await this.leases.advance(tx, lease, to);
  }

  private async release(
    tx: Tx,
    hostId: HostId,
    concerned: readonly ConcernedTarget[],
    report: ObservedState,
  ): Promise<boolean> {
    const wiped = new Set<LeaseId>(report.wipedLeases);
    let changed = false;
    for (const { id } of concerned.filter(({ wipes }) => wipes))
      for (const lease of await this.leases.ofTarget(tx, id)) {
        if (lease.state !== 'draining' || !wiped.has(lease.id)) continue;
        await this.releases.release(tx, hostId, lease);
        changed = true;
      }
    if (changed) await this.needs.retryUnmet(tx, { hostId });
    return changed;
  }

  private async settle(
    tx: Tx,
    hostId: HostId,
    target: ConcernedTarget,
    now: { plan: EvacuationPlan; table: Generation; reported: Condition[] },
  ): Promise<void> {
    const { id, conditions } = target;
    const condition = evacuationCondition(target, now.plan, now.reported);
    if (!condition) return this.targets.raiseTable(tx, id, now.table);
    const before = conditions.find(({ type }) => type === condition.type);
    if (before?.reason !== condition.reason) {
      const waits = condition.status === 'False' && condition.reason !== 'Evacuating';
      if (waits) this.events.record(tx, waitEvent(hostId, target, condition));
    } else if (before.message === condition.message) {
      return this.targets.raiseTable(tx, id, now.table);
    }
    await this.targets.settle(tx, { id, tableGeneration: now.table, conditions, condition });
  }
}
