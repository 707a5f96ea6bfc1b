import { Injectable } from '@nestjs/common';
import type { HostId, NeedId, PlacementDecision, TargetId } from '../../../libs/contract/index.js';
import { DatabaseService, isDatabaseDown, type Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import { HostsService } from '../hosts/hosts.service.js';
import { LeasesService } from '../leases/leases.service.js';
import { NeedsService, type WaitingNeed } from '../needs/needs.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import { TargetsService, type SettledTarget } from '../targets/targets.service.js';
import * as decisions from './decisions.repository.js';
import { FactsService } from './facts.service.js';
import { Settlement, type Settled as SettledNeed } from './settle.js';
import { settledEvent } from './tell.js';

type Settled = SettledNeed<WaitingNeed & { seed: string }>;

/** Memory did not know which hosts share devices; with what was read now, the next attempt will. */
class LockedTooFew extends Error {}

@Injectable()
export class PlacementService {
  constructor(
    private readonly database: DatabaseService,
    private readonly facts: FactsService,
    private readonly hosts: HostsService,
    private readonly needs: NeedsService,
    private readonly targets: TargetsService,
    private readonly leases: LeasesService,
    private readonly events: EventsService,
  ) {}

  /**
   * Looks at needs and settles those it can, in one transaction. Harmless when repeated, late or racing
   * another manager. One that cannot be handled does not keep the others: they are tried in ever smaller
   * parts, and its error goes up.
   */
  async place(needIds: readonly NeedId[]): Promise<void> {
    try {
      await this.placeTogether(needIds);
    } catch (error) {
      if (needIds.length === 1 || isDatabaseDown(error)) throw error;
      const half = Math.ceil(needIds.length / 2);
      const parts = [needIds.slice(0, half), needIds.slice(half)];
      const results = await Promise.allSettled(parts.map((part) => this.place(part)));
      for (const result of results) if (result.status === 'rejected') throw result.reason as Error;
    }
  }

  private async placeTogether(needIds: readonly NeedId[]): Promise<void> {
    const waiting = await this.needs.hostsOfWaiting(needIds);
    if (waiting.length === 0) return;
    for (;;) {
      try {
        await this.database.transaction((tx) => this.settleAll(tx, needIds, waiting));
        return;
      } catch (error) {
        if (!(error instanceof LockedTooFew)) throw error;
      }
    }
  }

  private async settleAll(tx: Tx, needIds: readonly NeedId[], hostIds: HostId[]): Promise<void> {
    const nowMs = Date.now();
    const locked = await this.hosts.lockAll(tx, [...hostIds, ...this.facts.neighboursOf(hostIds)]);
    const needs = await this.needs.lockWaiting(tx, needIds);
    const known = await this.facts.take(tx, locked);
    if (this.facts.neighboursOf(hostIds).some((id) => !known.has(id))) throw new LockedTooFew();
    const pools = await this.facts.ofPools(
      tx,
      needs.map(({ poolId }) => poolId),
    );
    const settlement = new Settlement(known, pools, nowMs);
    const settled = needs.map((need) => settlement.settle({ ...need, seed: need.id }));
    await this.write(tx, settled);
    this.facts.keep(tx, known, await this.hosts.factsVersions(tx, [...known.keys()]));
  }

  private async write(tx: Tx, settled: readonly Settled[]): Promise<void> {
    const grantedAt = await this.leases.bookAll(tx, settled.flatMap(booking));
    await this.needs.settleAll(
      tx,
      settled.map(({ need, decision }) => ({ need, message: decision.unmet?.message ?? null })),
    );
    await this.targets.settleAll(tx, settledTargets(settled));
    await this.hosts.raiseDesired(tx, [
      ...new Set(settled.flatMap(({ need, grant }) => (grant ? [need.hostId] : []))),
    ]);
    await decisions.insertDecisions(
      tx,
      settled.map(({ decision }) => decision),
    );
    for (const one of settled) {
      const event = settledEvent(one, grantedAt);
      if (event) this.events.record(tx, event);
    }
  }

  async listDecisions(
    page: PageRequest,
    targetId: TargetId | null,
  ): Promise<PageOf<PlacementDecision>> {
    const rows = await decisions.listDecisions(this.database, page, targetId);
    return toPage<PlacementDecision>(rows, page.limit);
  }
}

function booking({ need, grant }: Settled) {
  if (!grant) return [];
  const { leaseId: id, spareId, generation, totalBlocks, extent } = grant;
  const { id: needId, targetId } = need;
  return [{ id, targetId, spareId, needId, ...extent, generation, totalBlocks }];
}

/** Of several needs of one target the last one counts. */
function settledTargets(settled: readonly Settled[]): SettledTarget[] {
  const targets = new Map<TargetId, SettledTarget>();
  for (const { need, grant, decision } of settled) {
    const { targetId: id, conditions } = need;
    const before = targets.get(id)?.tableGeneration ?? need.tableGeneration;
    const condition = grant
      ? {
          ...{ status: 'True' as const, reason: 'LeaseGranted' },
          message: `lease ${grant.leaseId} of ${grant.extent.length} sectors was granted`,
        }
      : {
          status: 'False' as const,
          ...(decision.unmet ?? { reason: 'NotPlaced', message: 'the need was not placed' }),
        };
    targets.set(id, {
      ...{ id, conditions, condition: { type: 'SpareSpace', ...condition } },
      tableGeneration: grant?.generation ?? before,
    });
  }
  return [...targets.values()];
}
