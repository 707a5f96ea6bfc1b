import { Injectable } from '@nestjs/common';
import type {
  Condition,
  CreateTarget,
  Generation,
  HostId,
  ObservedTarget,
  Sectors,
  Target,
  TargetId,
} from '../../../libs/contract/index.js';
import { step, targetLifeCycle, type TargetState } from '../../../libs/lifecycle/index.js';
import type { Actor } from '../access.js';
import { AuditService } from '../audit/audit.service.js';
import {
  DatabaseService,
  violatedUnique,
  type Sql,
  type Tx,
} from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import { HostsService } from '../hosts/hosts.service.js';
import { IdempotencyService } from '../idempotency/idempotency.service.js';
import { InventoryService } from '../inventory/inventory.service.js';
import { NeedsService } from '../needs/needs.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import { PoolsService } from '../pools/pools.service.js';
import { conflict, notFound } from '../problem.js';
import type { RequestKey } from '../request-key.js';
import { targetEvents } from './target-changes.js';
import * as repository from './targets.repository.js';

export type { LastSeen } from './targets.repository.js';
type NewCondition = Omit<Condition, 'lastTransitionTime'>;

/** What a target has come to: its table's generation, the conditions it had, and the one that is set. */
export interface SettledTarget {
  id: TargetId;
  tableGeneration: Generation;
  conditions: readonly Condition[];
  condition: NewCondition;
}

/** The time of the last transition moves only with the status. */
function withCondition(
  all: readonly Condition[],
  condition: NewCondition,
  now: string,
): Condition[] {
  const old = all.find(({ type }) => type === condition.type);
  const since = old?.status === condition.status ? old.lastTransitionTime : now;
  return [
    ...all.filter(({ type }) => type !== condition.type),
    { ...condition, lastTransitionTime: since },
  ];
}

@Injectable()
export class TargetsService {
  constructor(
    private readonly database: DatabaseService,
    private readonly hosts: HostsService,
    private readonly inventory: InventoryService,
    private readonly pools: PoolsService,
    private readonly needs: NeedsService,
    private readonly events: EventsService,
    private readonly audit: AuditService,
    private readonly idempotency: IdempotencyService,
  ) {}

  async list(page: PageRequest, hostId: HostId | null): Promise<PageOf<Target>> {
    return toPage<Target>(await repository.listTargets(this.database, page, hostId), page.limit);
  }

  async get(
    idOrName: string,
    hostId: HostId | null = null,
    sql: Sql = this.database,
  ): Promise<Target> {
    const [target, another] = await repository.findTargets(sql, idOrName, hostId);
    if (!target) throw notFound('target', idOrName, '`dmremap target list` shows the targets');
    if (another && target.id !== idOrName)
      throw conflict(
        'target-name-ambiguous',
        `Several hosts have a target ${idOrName}; name the host too, or use the id.`,
      );
    return target;
  }

  async ofHost(tx: Sql, hostId: HostId): Promise<Target[]> {
    return repository.targetsOfHost(tx, hostId);
  }

  async create(wish: CreateTarget, key: RequestKey | null, actor: Actor): Promise<Target> {
    try {
      return await this.database.transaction((tx) =>
        this.idempotency.once(tx, key, () => this.createIn(tx, wish, actor)),
      );
    } catch (error) {
      if (violatedUnique(error) === 'target_name')
        throw conflict('target-exists', `The host already has a target ${wish.name}.`);
      throw error;
    }
  }

  private async createIn(tx: Tx, wish: CreateTarget, actor: Actor): Promise<Target> {
    const { hostId, poolId, name, mainDeviceId, blockSectors, arrayPeers } = wish;
    await this.hosts.lock(tx, hostId);
    const policy = await this.pools.policyOf(tx, poolId);
    const disk = await this.inventory.freeDisk(tx, hostId, mainDeviceId);
    if (disk.logicalBlockBytes > blockSectors * 512)
      throw conflict(
        'block-too-small',
        `Disk ${mainDeviceId} has logical blocks of ${disk.logicalBlockBytes} bytes; blockSectors must be at least ${disk.logicalBlockBytes / 512}.`,
      );
    const id = await repository.insertTarget(tx, {
      ...{ hostId, poolId, name, mainDeviceId, blockSectors, arrayPeers },
      mainDiskId: disk.diskId,
      lengthSectors: (disk.sizeSectors - (disk.sizeSectors % blockSectors)) as Sectors,
    });
    this.events.record(tx, {
      type: 'target.created',
      severity: 'info',
      hostId,
      targetId: id,
      message: `target ${name} is to be put over ${mainDeviceId}`,
      data: { mainDeviceId, poolId, blockSectors },
    });
    await this.needs.record(tx, {
      targetId: id,
      hostId,
      cause: 'initial',
      requestKey: `initial-${id}`,
      sectors: policy.leaseSectors,
      ...{ priority: 'normal', urgency: 0 },
    });
    await this.audit.record(tx, actor, 'target.create', id, { ...wish });
    return this.get(id, null, tx);
  }

  /** Takes over what planning its needs or its evacuation has come to. Under its host's lock. */
  async settle(tx: Tx, target: SettledTarget): Promise<void> {
    await tx.query(...repository.settleTargets(changesOf([target])));
  }

  /** The same of several, with the commit. */
  settleAll(tx: Tx, targets: readonly SettledTarget[]): void {
    if (targets.length > 0) tx.withCommit(repository.settleTargets(changesOf(targets)));
  }

  /** Makes the host load a table of at least that generation. Under the host's lock. */
  async raiseTable(tx: Tx, id: TargetId, generation: Generation): Promise<void> {
    await repository.raiseTable(tx, id, generation);
  }

  async advance(
    tx: Tx,
    target: { id: TargetId; state: TargetState },
    to: TargetState,
  ): Promise<void> {
    const { id, state } = target;
    if (!(await repository.setState(tx, id, state, step(targetLifeCycle, state, to))))
      throw new Error(`target ${id} is no longer ${state}`);
  }

  /** Takes over what the kernel says; the answer is the targets as they were seen last before. */
  async observe(
    tx: Tx,
    hostId: HostId,
    observed: readonly ObservedTarget[],
  ): Promise<repository.LastSeen[]> {
    const [seen] = await Promise.all([
      repository.lastSeenOf(tx, hostId),
      repository.stampObserved(tx, hostId, observed),
    ]);
    const known = new Map(seen.map((target) => [target.id, target]));
    for (const now of observed) {
      const target = known.get(now.targetId);
      if (!target) continue;
      if (target.state === 'planned') await this.advance(tx, target, 'active');
      for (const event of targetEvents(hostId, target.observed, now)) this.events.record(tx, event);
    }
    return seen;
  }
}

function changesOf(targets: readonly SettledTarget[]): repository.TargetChange[] {
  const now = new Date().toISOString();
  return targets.map(({ id, tableGeneration, conditions, condition }) => ({
    id,
    tableGeneration,
    conditions: withCondition(conditions, condition, now),
  }));
}
