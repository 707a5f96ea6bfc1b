import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { PinoLogger } from 'nestjs-pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainLevel, type CoveredDomain, type CoverageSummary } from '../../../libs/contract/index.js';
import {
  hostCoverage,
  type HostFacts,
  type PoolFacts,
  type TargetBooks,
} from '../../../libs/placement/index.js';
import { DatabaseService, LOCKS } from '../database/database.service.js';
import { type PageOf, type PageRequest, toPage } from '../paging.js';
import { FactsService } from '../placement/facts.service.js';
import * as repository from './coverage.repository.js';

const EVERY_MS = 2000;
/** To find stale hosts is to go through all of them, so many are found at once and worked on for so long. */
const HOSTS_EACH_TIME = 200;
const ROUND_MS = 10_000;
/** The share of the time that may go into this, however much changes. */
const SHARE = 0.05;
/** Between so many there is a pause, so that placements never wait for long. */
const HOSTS_AT_ONCE = 2;

/** Keeps what the loss of each failure domain would mean, host by host, as their facts change. */
@Injectable()
export class CoverageService {
  private refreshing = false;

  constructor(
    private readonly database: DatabaseService,
    private readonly facts: FactsService,
    private readonly log: PinoLogger,
  ) {
    log.setContext(CoverageService.name);
  }

  async list(
    page: PageRequest,
    filter: repository.DomainFilter,
  ): Promise<PageOf<CoveredDomain>> {
    return toPage<CoveredDomain>(
      await repository.listDomains(this.database, page, filter),
      page.limit,
    );
  }

  async summary(): Promise<CoverageSummary> {
    return repository.summary(this.database);
  }

  /** One manager at a time; what is found changed while it is worked out is so again the next time. */
  @Interval(EVERY_MS)
  async refresh(): Promise<void> {
    if (this.refreshing || !this.database.isReady) return;
    this.refreshing = true;
    try {
      await this.database.exclusively(LOCKS.coverage, () => this.refreshStale());
    } catch (error) {
      this.log.debug({ err: error }, 'coverage was not worked out; the next time is near');
    } finally {
      this.refreshing = false;
    }
  }

  private async refreshStale(): Promise<void> {
    const until = Date.now() + ROUND_MS;
    // The versions are read before the facts: a change in between makes the host stale, not wrong for long.
    const stale = await repository.staleHosts(this.database, HOSTS_EACH_TIME);
    for (let n = 0; n < stale.length && Date.now() < until; n += HOSTS_AT_ONCE) {
      const begun = Date.now();
      await this.refreshHosts(stale.slice(n, n + HOSTS_AT_ONCE));
      const pauseMs = (Date.now() - begun) * (1 / SHARE - 1);
      // The lock's transaction may not idle for long.
      await sleep(Math.min(pauseMs, ROUND_MS), undefined, { ref: false });
    }
  }

  private async refreshHosts(stale: readonly repository.StaleHost[]): Promise<void> {
    const ids = stale.map(({ id }) => id);
    const facts = await this.database.transaction((tx) => this.facts.peek(tx, ids));
    const books = await repository.targetBooks(this.database, ids);
    const pools = await this.facts.ofPools(
      this.database,
      await repository.poolIds(this.database),
    );
    await this.database.transaction(async (tx) => {
      for (const host of stale) {
        const targets = books.filter(({ of }) => of === host.id);
        const known = facts.get(host.id);
        const found = known ? domainsOf(known, targets, [...pools.values()]) : [];
        await repository.keep(tx, host, found);
      }
    });
  }
}

const domainsOf = (facts: HostFacts, targets: TargetBooks[], pools: readonly PoolFacts[]) =>
  DomainLevel.options.flatMap((level) => hostCoverage({ facts, targets }, pools, level, Date.now()));
