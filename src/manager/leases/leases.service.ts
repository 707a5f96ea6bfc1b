import { Injectable } from '@nestjs/common';
import type {
  Generation,
  HostId,
  Lease,
  LeaseId,
  LeaseState,
  ObservedLease,
  ObservedTarget,
  SpareId,
  TargetId,
} from '../../../libs/contract/index.js';
import { leaseLifeCycle, step } from '../../../libs/lifecycle/index.js';
import { DatabaseService, type Sql, type Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import * as repository from './leases.repository.js';
import type { Booking, LiveLease } from './leases.repository.js';

export type { Booking, LiveLease } from './leases.repository.js';

@Injectable()
export class LeasesService {
  constructor(
    private readonly database: DatabaseService,
    private readonly events: EventsService,
  ) {}

  /** Books extents and grants them: from here on they are in the hosts' desired states. The time of it. */
  async bookAll(tx: Tx, bookings: readonly Booking[]): Promise<string> {
    const state = step(leaseLifeCycle, 'planned', 'granted');
    return repository.insertLeases(tx, bookings, state);
  }

  /** Out of the desired table from that generation on. */
  async leave(tx: Sql, lease: { id: LeaseId; state: LeaseState }, table: Generation) {
    await this.advance(tx, lease, 'leaving');
    await repository.setTable(tx, lease.id, { leftGeneration: table });
  }

  /** In the desired table again from that generation on, after it had left. */
  async comeBack(tx: Sql, lease: { id: LeaseId; state: LeaseState }, table: Generation) {
    await this.advance(tx, lease, 'active');
    await repository.setTable(tx, lease.id, { generation: table });
  }

  /** Hosts with targets that lean on a spare, or on any of a host. */
  async targetHostsOn(sql: Sql, on: { spareId?: SpareId; hostId?: HostId }): Promise<HostId[]> {
    return repository.targetHostsOn(sql, on);
  }

  /** The time of the step. */
  async advance(
    tx: Sql,
    lease: { id: LeaseId; state: LeaseState },
    to: LeaseState,
  ): Promise<string> {
    const at = await repository.setState(
      tx,
      lease.id,
      lease.state,
      step(leaseLifeCycle, lease.state, to),
    );
    if (at === undefined) throw new Error(`lease ${lease.id} is no longer ${lease.state}`);
    return at;
  }

  async ofTarget(sql: Sql, targetId: TargetId): Promise<LiveLease[]> {
    return repository.liveLeases(sql, { targetId });
  }

  async ofHost(sql: Sql, hostId: HostId): Promise<LiveLease[]> {
    return repository.liveLeases(sql, { hostId });
  }

  /** Takes over the kernel's counts; the answer is the leases that the kernel now runs for the first time. */
  async observe(tx: Tx, hostId: HostId, targets: readonly ObservedTarget[]): Promise<LiveLease[]> {
    const live = await repository.liveLeases(tx, { hostId });
    const runsIn = new Map(
      targets.flatMap((target) =>
        target.leases.map((observed) => [observed.leaseId, { target, observed }] as const),
      ),
    );
    const seen = live.flatMap((lease) => {
      const run = runsIn.get(lease.id);
      return run?.target.targetId === lease.targetId ? [{ lease, ...run }] : [];
    });
    await repository.updateCounts(
      tx,
      seen.map(({ observed }) => observed),
    );
    for (const { lease, observed } of seen) this.tellHealth(tx, hostId, lease, observed);
    const started = seen.filter(
      ({ lease, target }) =>
        lease.state === 'granted' && target.tableGeneration >= lease.generation,
    );
    for (const { lease } of started) await this.activate(tx, hostId, lease);
    return started.map(({ lease }) => lease);
  }

  private async activate(tx: Tx, hostId: HostId, lease: LiveLease): Promise<void> {
    const activeAt = await this.advance(tx, lease, 'active');
    const since = (start: string) => Date.parse(activeAt) - Date.parse(start);
    const { needId, cause, needCreatedAt, grantedAt, generation } = lease;
    this.events.record(tx, {
      type: 'lease.active',
      severity: 'info',
      hostId,
      targetId: lease.targetId,
      message: `target ${lease.targetName} runs with lease ${lease.id}`,
      data: {
        leaseId: lease.id,
        tableGeneration: generation,
        ...{ needId, cause, needCreatedAt, grantedAt, activeAt },
        needToActiveMs: since(needCreatedAt),
        grantToActiveMs: since(grantedAt),
      },
    });
  }

  private tellHealth(tx: Tx, hostId: HostId, lease: LiveLease, observed: ObservedLease): void {
    const health = observed.state;
    if (health === lease.health || health === 'ok') return;
    this.events.record(tx, {
      type: `lease.${health}`,
      severity: health === 'failed' ? 'error' : 'info',
      hostId,
      targetId: lease.targetId,
      message:
        health === 'failed'
          ? `metadata of lease ${lease.id} of target ${lease.targetName} failed to write; nothing more goes there`
          : `lease ${lease.id} of target ${lease.targetName} is full`,
      data: { leaseId: lease.id },
    });
  }

  async list(page: PageRequest, filter: repository.LeaseFilter): Promise<PageOf<Lease>> {
    return toPage<Lease>(await repository.listLeases(this.database, page, filter), page.limit);
  }
}
