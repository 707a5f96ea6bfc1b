import { Injectable } from '@nestjs/common';
import type {
  CreateSpare,
  HostId,
  PoolId,
  Spare,
  SpareId,
  UpdateService,
} from '../../../libs/contract/index.js';
import {
  changeService,
  serviceState,
  spareHealthLifeCycle,
  spareLifeCycle,
  step,
} from '../../../libs/lifecycle/index.js';
import { lendableSectors } from '../../../libs/placement/index.js';
import type { Actor } from '../access.js';
import { AuditService } from '../audit/audit.service.js';
import { DatabaseService, type Sql, type Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import { HostsService } from '../hosts/hosts.service.js';
import { IdempotencyService } from '../idempotency/idempotency.service.js';
import { InventoryService } from '../inventory/inventory.service.js';
import { LeasesService } from '../leases/leases.service.js';
import { NeedsService } from '../needs/needs.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import { conflict, notFound } from '../problem.js';
import type { RequestKey } from '../request-key.js';
import { mustMatch, type ExpectedVersion } from '../versions.js';
import { PoolsService } from './pools.service.js';
import * as repository from './spares.repository.js';

@Injectable()
export class SparesService {
  constructor(
    private readonly database: DatabaseService,
    private readonly hosts: HostsService,
    private readonly inventory: InventoryService,
    private readonly leases: LeasesService,
    private readonly pools: PoolsService,
    private readonly needs: NeedsService,
    private readonly events: EventsService,
    private readonly audit: AuditService,
    private readonly idempotency: IdempotencyService,
  ) {}

  async list(
    page: PageRequest,
    filter: { poolId: PoolId | null; hostId: HostId | null },
  ): Promise<PageOf<Spare>> {
    return toPage<Spare>(await repository.listSpares(this.database, page, filter), page.limit);
  }

  async get(id: SpareId, sql: Sql = this.database): Promise<Spare> {
    const spare = await repository.spareById(sql, id);
    if (!spare) throw notFound('spare', id, '`dmremap spare list` shows the spares');
    return spare;
  }

  async create(wish: CreateSpare, key: RequestKey | null, actor: Actor): Promise<Spare> {
    return this.database.transaction((tx) =>
      this.idempotency.once(tx, key, () => this.createIn(tx, wish, actor)),
    );
  }

  private async createIn(tx: Tx, wish: CreateSpare, actor: Actor): Promise<Spare> {
    const { poolId, hostId, deviceId } = wish;
    await this.hosts.lock(tx, hostId);
    const pool = await this.pools.get(poolId, tx);
    const disk = await this.inventory.freeDisk(tx, hostId, deviceId);
    const lendable = lendableSectors(disk.sizeSectors);
    if (lendable < pool.policy.leaseSectors)
      throw conflict(
        'disk-too-small',
        `Disk ${deviceId} has ${lendable} sectors to lend; one lease of pool ${pool.name} takes ${pool.policy.leaseSectors}.`,
      );
    const id = await repository.insertSpare(tx, {
      poolId,
      hostId,
      deviceId,
      diskId: disk.diskId,
      sizeSectors: disk.sizeSectors,
      lendableSectors: lendable,
      state: disk.health === 'failing' ? 'failing' : 'available',
    });
    await this.needs.retryUnmet(tx, { poolId });
    await this.audit.record(tx, actor, 'spare.create', id, { pool: pool.name, hostId, deviceId });
    this.events.record(tx, {
      type: 'spare.added',
      severity: 'info',
      hostId,
      message: `disk ${deviceId} became a spare of pool ${pool.name}`,
      data: { spareId: id, deviceId, poolId, lendableSectors: lendable },
    });
    return this.get(id, tx);
  }

  async update(
    id: SpareId,
    change: UpdateService,
    expected: ExpectedVersion,
    actor: Actor,
  ): Promise<Spare> {
    return this.database.transaction(async (tx) => {
      const { hostId } = await this.get(id, tx);
      const leaning = await this.leases.targetHostsOn(tx, { spareId: id });
      await this.hosts.lockAll(tx, [hostId, ...leaning]);
      const before = await this.get(id, tx);
      mustMatch(expected, before, `Spare ${before.deviceId}`);
      const service = changeService(spareLifeCycle, before, change);
      await repository.setService(tx, id, service);
      if (service.draining !== before.draining) await this.hosts.raiseDesired(tx, leaning);
      if (serviceState(service) === 'lending')
        await this.needs.retryUnmet(tx, { poolId: before.poolId });
      const { deviceId, hostName, cordoned, draining } = before;
      await this.audit.record(tx, actor, 'spare.update', id, {
        ...{ deviceId, hostName },
        before: { cordoned, draining },
        after: service,
      });
      return this.get(id, tx);
    });
  }

  async remove(id: SpareId, expected: ExpectedVersion, actor: Actor): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { hostId, deviceId } = await this.get(id, tx);
      await this.hosts.lock(tx, hostId);
      const spare = await this.get(id, tx);
      mustMatch(expected, spare, `Spare ${deviceId}`);
      if (spare.leaseCount > 0)
        throw conflict(
          'spare-in-use',
          `${spare.leaseCount} lease(s) are on spare ${deviceId}; drain it, and remove it when they are released.`,
        );
      step(spareLifeCycle, serviceState(spare), 'removed');
      await repository.removeSpare(tx, id);
      await this.audit.record(tx, actor, 'spare.delete', id, {
        ...{ deviceId, hostId },
        pool: spare.poolName,
      });
      this.events.record(tx, {
        type: 'spare.removed',
        severity: 'info',
        hostId,
        message: `disk ${deviceId} is no longer a spare`,
        data: { spareId: id, deviceId },
      });
    });
  }

  /** Share of what the host's spares of the pool have to lend that is not lent, 0 to 1. */
  async freeRatio(sql: Sql, hostId: HostId, poolId: PoolId): Promise<number> {
    return repository.freeRatio(sql, hostId, poolId);
  }

  async refreshStates(tx: Tx, hostId: HostId): Promise<void> {
    for (const changed of await repository.refreshStates(tx, hostId)) {
      const { id, deviceId } = changed;
      const state = step(spareHealthLifeCycle, changed.previousState, changed.state);
      this.events.record(tx, {
        type: `spare.${state}`,
        severity: state === 'available' ? 'info' : 'warning',
        hostId,
        message: `spare ${deviceId} is ${state}`,
        data: { spareId: id, deviceId },
      });
    }
  }
}
