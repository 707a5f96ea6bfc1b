import { Injectable } from '@nestjs/common';
import type {
  HostId,
  NeedId,
  PlacementDecision,
  PoolId,
  TargetId,
} from '../../../libs/contract/index.js';
import type { HostFacts } from '../../../libs/placement/index.js';
import { DatabaseService, Gather, isDatabaseDown, type Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import { HostsService } from '../hosts/hosts.service.js';
import { LeasesService } from '../leases/leases.service.js';
import {
  needsChanged,
  NeedsService,
  type Waiting,
  type WaitingNeed,
} from '../needs/needs.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import { TargetsService, type SettledTarget } from '../targets/targets.service.js';
import * as decisions from './decisions.repository.js';
import { FactsService, type KnownPool } from './facts.service.js';
import { Batcher, type Lanes } from './batcher.js';
import { Settlement, type Grant, type Settled as SettledNeed } from './settle.js';
import { settledEvent } from './tell.js';

/** With the decision as it is stored: as text it is a fraction of what a batch would hold of it otherwise. */
type Settled = Omit<SettledNeed<WaitingNeed>, 'decision' | 'numbers'> & {
  unmet: PlacementDecision['unmet'];
  decision: decisions.DecisionRow;
};

/** What is planned in one transaction: needs in the order that they had when they were looked at, and their hosts. */
interface Batch {
  needIds: NeedId[];
  hostIds: HostId[];
}

/** Memory did not know which hosts share devices; with what was read now, the next attempt will. */
class LockedTooFew extends Error {}

/** So many needs are planned in one transaction. */
const BATCH = 256;
/**
 * Needs of one host always go the same way, so that transactions seldom wait for each other's locks, and those
 * that differ in their age only go together: what is desired of the host then changes once for all of them.
 */
const LANES: Lanes<Waiting> = {
  count: 4,
  of: ({ hostId }) => Number.parseInt(hostId.slice(-4), 16) % 4,
  order: {
    compare: (a, b) => a.priority - b.priority || Math.sign(a.urgency - b.urgency) || a.seq - b.seq,
    key: ({ priority, urgency, hostId }) => `${priority} ${urgency} ${hostId}`,
  },
};
/** Of a long queue the first needs are planned while the next are looked up. */
const LOOK = { waitMs: 0, most: 2048, countsFor: (needIds: readonly NeedId[]) => needIds.length };

@Injectable()
export class PlacementService {
  private readonly batches = new Batcher<Waiting>(
    BATCH,
    LANES,
    (waiting) => this.placeTogether(waiting),
    isDatabaseDown,
  );

  private readonly looks = new Gather<readonly NeedId[], Waiting[]>(
    (jobs) => this.look(jobs),
    LOOK,
  );

  constructor(
    private readonly database: DatabaseService,
    private readonly facts: FactsService,
    private readonly hosts: HostsService,
    private readonly needs: NeedsService,
    private readonly targets: TargetsService,
    private readonly leases: LeasesService,
    private readonly events: EventsService,
  ) {}

  /** Looks at needs and settles those it can. Harmless when repeated, late or racing another manager. */
  async place(needIds: readonly NeedId[]): Promise<void> {
    const waiting = await this.looks.of(needIds);
    await this.batches.add(waiting);
  }

  private async look(jobs: readonly (readonly NeedId[])[]): Promise<Waiting[][]> {
    const found = await this.needs.waiting([...new Set(jobs.flat())]);
    // Fewer are planned at once, and their facts read then.
    if (found.length > BATCH) await this.facts.readAhead(found.map(({ hostId }) => hostId));
    const byId = new Map(found.map((waiting) => [waiting.id, waiting]));
    return jobs.map((ids) => [...new Set(ids)].flatMap((id) => byId.get(id) ?? []));
  }

  private async placeTogether(waiting: readonly Waiting[]): Promise<void> {
    const batch = {
      needIds: waiting.map(({ id }) => id),
      hostIds: [...new Set(waiting.map(({ hostId }) => hostId))],
    };
    for (;;) {
      try {
        await this.database.transaction((tx) => this.settleAll(tx, batch));
        return;
      } catch (error) {
        if (!(error instanceof LockedTooFew || needsChanged(error))) throw error;
      }
    }
  }

  private async settleAll(tx: Tx, { needIds, hostIds }: Batch): Promise<void> {
    const nowMs = Date.now();
    const [locked, needs, versions] = await Promise.all([
      this.hosts.lockAll(tx, [...hostIds, ...this.facts.neighboursOf(hostIds)]),
      this.needs.toPlan(tx, needIds),
      this.facts.versionsOfKnownPools(tx),
    ]);
    const poolIds = needs.map(({ poolId }) => poolId);
    const [known, pools] = await Promise.all([
      this.facts.take(tx, locked),
      this.facts.ofPoolsToGrantFrom(tx, poolIds, versions),
    ]);
    if (this.facts.neighboursOf(hostIds).some((id) => !known.has(id))) throw new LockedTooFew();
    const settlement = new Settlement(known, pools, nowMs);
    const settled = needs.map((waiting): Settled => {
      const made = settlement.settle(waiting, waiting.id);
      const { need, grant, decision, numbers, retryAfterMs } = made;
      return {
        need,
        grant,
        retryAfterMs,
        unmet: decision.unmet,
        decision: decisions.rowOf(decision, numbers),
      };
    });
    this.write(tx, settled, known, pools);
  }

  /** All of it travels with the commit. */
  private write(
    tx: Tx,
    settled: readonly Settled[],
    known: ReadonlyMap<HostId, HostFacts>,
    pools: ReadonlyMap<PoolId, KnownPool>,
  ): void {
    const granted = new Set(settled.flatMap(({ need, grant }) => (grant ? [need.hostId] : [])));
    const others = [...known.keys()].filter((id) => !granted.has(id));
    const versions = new Map<HostId, string>();
    this.leases.bookAll(tx, settled.flatMap(booking));
    this.hosts.raiseDesiredWithCommit(tx, [...granted], others, (hosts) => {
      for (const { id, factsVersion } of hosts) versions.set(id, factsVersion);
    });
    this.facts.keep(tx, known, versions);
    this.needs.settleAll(
      tx,
      settled.map(({ need, unmet, retryAfterMs }) => ({
        ...{ need, retryAfterMs },
        message: unmet?.message ?? null,
        poolVersion: pools.get(need.poolId)?.version ?? 0,
      })),
    );
    this.targets.settleAll(tx, settledTargets(settled));
    const triedBefore = settled.filter(({ need }) => need.state === 'unmet');
    if (triedBefore.length > 0)
      tx.withCommit(decisions.forgetVainDecisions(triedBefore.map(({ need }) => need.id)));
    const made = settled.map(({ decision }) => decision);
    if (made.length > 0) tx.withCommit(decisions.insertDecisions(made));
    for (const one of settled) {
      const event = settledEvent(one);
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
  const { leaseId, spareId, generation, totalBlocks, extent } = grant;
  return [
    {
      id: leaseId,
      targetId: need.targetId,
      spareId,
      needId: need.id,
      offset: extent.offset,
      length: extent.length,
      generation,
      totalBlocks,
      grantedAt: need.readAt,
    },
  ];
}

/** Of several needs of one target the last one counts. */
function settledTargets(settled: readonly Settled[]): SettledTarget[] {
  const targets = new Map<TargetId, SettledTarget>();
  for (const { need, grant, unmet } of settled) {
    const { targetId: id, conditions } = need;
    const before = targets.get(id)?.tableGeneration ?? need.tableGeneration;
    const condition = grant ? granted(grant) : notGranted(unmet);
    targets.set(id, { id, conditions, condition, tableGeneration: grant?.generation ?? before });
  }
  return [...targets.values()];
}

const granted = ({ leaseId, extent }: Grant): SettledTarget['condition'] => ({
  type: 'SpareSpace',
  status: 'True',
  reason: 'LeaseGranted',
  message: `lease ${leaseId} of ${extent.length} sectors was granted`,
});

const notGranted = (unmet: PlacementDecision['unmet']): SettledTarget['condition'] => ({
  type: 'SpareSpace',
  status: 'False',
  reason: unmet?.reason ?? 'NotPlaced',
  message: unmet?.message ?? 'the need was not placed',
});
