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

  /** Books extents and grants them, with the commit: from there on they are in the hosts' desired states. */
  bookAll(tx: Tx, bookings: readonly Booking[]): void {
    const state = step(leaseLifeCycle, 'planned', 'granted');
    if (bookings.length > 0) tx.withCommit(repository.insertLeases(bookings, state));
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

  async advance(tx: Sql, lease: { id: LeaseId; state: LeaseState }, to: LeaseState): Promise<void> {
    await this.advanceAll(tx, [lease], lease.state, to);
  }

  /** Each with the time of its step. */
  private async advanceAll<L extends { id: LeaseId }>(
    tx: Sql,
    leases: readonly L[],
    from: LeaseState,
    to: LeaseState,
  ): Promise<{ lease: L; at: string }[]> {
    const ids = leases.map(({ id }) => id);
    const stepped = await repository.setState(tx, ids, from, step(leaseLifeCycle, from, to));
    const times = new Map(stepped.map(({ id, at }) => [id, at]));
    return leases.map((lease) => {
      const at = times.get(lease.id);
      if (at === undefined) throw new Error(`lease ${lease.id} is no longer ${from}`);
      return { lease, at };
    });
  }

  async ofTarget(sql: Sql, targetId: TargetId): Promise<LiveLease[]> {
    return repository.liveLeases(sql, { targetId });
  }

  async ofHost(sql: Sql, hostId: HostId): Promise<LiveLease[]> {
    return repository.liveLeases(sql, { hostId });
  }

  /** Takes over the kernel's counts; the answer is the leases that the kernel now runs for the first time. */
  async observe(tx: Tx, hostId: HostId, targets: readonly ObservedTarget[]): Promise<LiveLease[]> {
    const [live] = await Promise.all([
      repository.liveLeases(tx, { hostId }),
      repository.updateCounts(tx, hostId, targets),
    ]);
    const runsIn = new Map(
      targets.flatMap((target) =>
        target.leases.map((observed) => [observed.leaseId, { target, observed }] as const),
      ),
    );
    const seen = live.flatMap((lease) => {
      const run = runsIn.get(lease.id);
      return run?.target.targetId === lease.targetId ? [{ lease, ...run }] : [];
    });
    for (const { lease, observed } of seen) this.tellHealth(tx, hostId, lease, observed);
    return seen.flatMap(({ lease, target }) =>
      lease.state === 'granted' && target.tableGeneration >= lease.generation ? [lease] : [],
    );
  }

  /** The kernel runs them. */
  async activate(tx: Tx, hostId: HostId, leases: readonly LiveLease[]): Promise<void> {
    if (leases.length === 0) return;
    for (const { lease, at } of await this.advanceAll(tx, leases, 'granted', 'active'))
      this.tellActive(tx, hostId, lease, at);
  }

  private tellActive(tx: Tx, hostId: HostId, lease: LiveLease, activeAt: string): void {
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
