import { Injectable } from '@nestjs/common';
import type {
  HostId,
  Need,
  NeedId,
  NeedState,
  PoolId,
  TargetId,
} from '../../../libs/contract/index.js';
import { needLifeCycle, step } from '../../../libs/lifecycle/index.js';
import { DatabaseService, isNotAll, type Sql, type Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import { OutboxService } from '../outbox/outbox.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import { notFound } from '../problem.js';
import * as repository from './needs.repository.js';

export type { NewNeed, Waiting, WaitingNeed } from './needs.repository.js';

/** What was planned is out of date: somebody without the locks of the hosts settled a need meanwhile. */
export const needsChanged = isNotAll;

@Injectable()
export class NeedsService {
  constructor(
    private readonly database: DatabaseService,
    private readonly outbox: OutboxService,
    private readonly events: EventsService,
  ) {}

  /** Records a need once per request key; the answer says whether this call did. */
  async record(tx: Tx, need: repository.NewNeed): Promise<{ need: Need; created: boolean }> {
    const id = await repository.insertNeed(tx, need);
    const row = await repository.needByKey(tx, need.requestKey);
    if (!row) throw new Error(`need ${need.requestKey} is neither new nor known`);
    if (id !== undefined) {
      this.outbox.addAll(tx, 'place', [id]);
      this.events.record(tx, {
        type: 'need.recorded',
        severity: 'info',
        hostId: need.hostId,
        targetId: need.targetId,
        message: `target ${row.targetName} needs ${need.sectors} sectors (${need.cause})`,
        data: { needId: id, cause: need.cause, sectors: need.sectors, requestKey: need.requestKey },
      });
    }
    return { need: row, created: id !== undefined };
  }

  /** Those of the needs that wait for a plan. */
  async waiting(ids: readonly NeedId[]): Promise<repository.Waiting[]> {
    return repository.waiting(this.database, ids);
  }

  /** Those of them that wait, in that order, each once. Under the locks of their hosts. */
  async toPlan(tx: Tx, ids: readonly NeedId[]): Promise<repository.WaitingNeed[]> {
    return repository.toPlan(tx, ids);
  }

  /**
   * Needs that were planned on that version of their pools: those without a message are placed. The commit fails
   * with `needsChanged` when any of them no longer waits.
   */
  settleAll(
    tx: Tx,
    settled: readonly {
      need: repository.WaitingNeed;
      message: string | null;
      retryAfterMs: number;
      poolVersion: number;
    }[],
  ): void {
    const placed: NeedId[] = [];
    const unmet: repository.Unmet[] = [];
    for (const { need, message, retryAfterMs, poolVersion } of settled) {
      step(needLifeCycle, need.state, message === null ? 'placed' : 'unmet');
      if (message === null) placed.push(need.id);
      else unmet.push({ id: need.id, message, retryAfterMs, poolVersion });
    }
    if (placed.length > 0) tx.withCommit(repository.setPlaced(placed));
    if (unmet.length > 0) tx.withCommit(repository.setUnmet(unmet));
  }

  private async advance(
    tx: Tx,
    need: Pick<Need, 'id' | 'state'>,
    to: NeedState,
    message: string | null = null,
  ): Promise<void> {
    await repository.setState(
      tx,
      need.id,
      need.state,
      step(needLifeCycle, need.state, to),
      message,
    );
  }

  /** Closes the needs that leases now serve, those that still wait for that. */
  async fulfilAll(tx: Tx, ids: readonly NeedId[]): Promise<void> {
    if (ids.length > 0) await repository.setFulfilled(tx, ids);
  }

  async unfinishedOf(tx: Sql, targetId: TargetId): Promise<Need[]> {
    return repository.unfinishedOf(tx, targetId);
  }

  async cancelAll(tx: Tx, targetId: TargetId, why: string): Promise<void> {
    for (const need of await repository.unfinishedOf(tx, targetId))
      await this.advance(tx, need, 'cancelled', why);
  }

  /** Cancels those needs of a target with that cause that are still to be met. */
  async giveUpAll(tx: Tx, targetId: TargetId, cause: Need['cause'], why: string): Promise<void> {
    for (const need of await repository.unfinishedOf(tx, targetId))
      if (need.cause === cause && need.state !== 'placed')
        await this.advance(tx, need, 'cancelled', why);
  }

  /** Cancels a need that is still to be met. */
  async giveUp(tx: Tx, id: NeedId, why: string): Promise<void> {
    const need = await repository.lockNeed(tx, id);
    if (need?.state === 'open' || need?.state === 'unmet')
      await this.advance(tx, need, 'cancelled', why);
  }

  /** How much a target's needs press now; those that press more are looked at again. */
  async press(
    tx: Tx,
    targetId: TargetId,
    pressure: Pick<repository.NewNeed, 'priority' | 'urgency'>,
  ): Promise<void> {
    this.outbox.addAll(tx, 'place', await repository.setPressure(tx, targetId, pressure));
  }

  /** Something changed that may let unmet needs be met: look at them again now. */
  async retryUnmet(tx: Tx, scope: { hostId?: HostId; poolId?: PoolId }): Promise<void> {
    this.outbox.addAll(tx, 'place', await repository.unmetOf(tx, scope));
  }

  /** Puts needs that nobody has settled in time into the outbox again. */
  async redrive(limit: number): Promise<number> {
    return this.database.transaction(async (tx) => {
      const due = await repository.takeDue(tx, limit);
      this.outbox.addAll(tx, 'place', due);
      return due.length;
    });
  }

  async get(id: NeedId, sql: Sql = this.database): Promise<Need> {
    const need = await repository.needById(sql, id);
    if (!need)
      throw notFound('need', id, '`dmremap need list -o wide` shows the needs with their ids');
    return need;
  }

  async list(page: PageRequest, filter: repository.NeedFilter): Promise<PageOf<Need>> {
    return toPage<Need>(await repository.listNeeds(this.database, page, filter), page.limit);
  }
}
