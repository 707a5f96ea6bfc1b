import { Injectable } from '@nestjs/common';
import type { Host, HostId, ObservedState, UpdateService } from '../../../libs/contract/index.js';
import { changeService, hostLifeCycle, serviceState } from '../../../libs/lifecycle/index.js';
import type { Actor } from '../access.js';
import { AuditService } from '../audit/audit.service.js';
import { DatabaseService, Gather, type Sql, type Tx } from '../database/database.service.js';
import { WakeService } from '../database/wake.service.js';
import { LeasesService } from '../leases/leases.service.js';
import { NeedsService } from '../needs/needs.service.js';
import { OutboxService } from '../outbox/outbox.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import { notFound } from '../problem.js';
import { hashSecret } from '../secrets.js';
import { mustMatch, type ExpectedVersion } from '../versions.js';
import * as repository from './hosts.repository.js';

export type { HostVersion, LockedHost, ReportHashes } from './hosts.repository.js';
const TOPIC = 'host:';
export const hostTopic = (id: HostId): string => TOPIC + id;
export const hostOfTopic = (topic: string): HostId | undefined =>
  topic.startsWith(TOPIC) ? (topic.slice(TOPIC.length) as HostId) : undefined;

/** Requests of agents that come so close together are authenticated together. */
const AUTHENTICATE = { waitMs: 5, most: 256 };

@Injectable()
export class HostsService {
  private readonly credentials = new Gather<Buffer, HostId | undefined>(
    (hashes) => this.byCredentials(hashes),
    AUTHENTICATE,
  );

  constructor(
    private readonly database: DatabaseService,
    private readonly wake: WakeService,
    private readonly outbox: OutboxService,
    private readonly leases: LeasesService,
    private readonly needs: NeedsService,
    private readonly audit: AuditService,
  ) {}

  async byCredential(credential: string): Promise<HostId | undefined> {
    return this.credentials.of(hashSecret(credential));
  }

  private async byCredentials(hashes: readonly Buffer[]): Promise<(HostId | undefined)[]> {
    const key = (hash: Buffer) => hash.toString('latin1');
    const rows = await repository.hostsByCredentials(this.database, hashes);
    const ids = new Map(rows.map(({ id, hash }) => [key(hash), id]));
    return hashes.map((hash) => ids.get(key(hash)));
  }

  async list(page: PageRequest): Promise<PageOf<Host>> {
    return toPage<Host>(await repository.listHosts(this.database, page), page.limit);
  }

  async get(idOrName: string, sql: Sql = this.database): Promise<Host> {
    const host = await repository.hostByIdOrName(sql, idOrName);
    if (!host) throw notFound('host', idOrName, '`dmremap host list` shows the enrolled ones');
    return host;
  }

  /** The id of an optional filter by host. */
  async idOf(idOrName: string | undefined): Promise<HostId | null> {
    return idOrName === undefined ? null : (await this.get(idOrName)).id;
  }

  /** Whatever changes a host's books or desired state takes this lock first, so such changes queue up. */
  async lock(tx: Tx, id: HostId): Promise<repository.LockedHost> {
    const host = await repository.lockHost(tx, id);
    if (!host) throw notFound('host', id, '`dmremap host list` shows the enrolled ones');
    return host;
  }

  /** Locks hosts, in an order that all who lock several share; the answer has no host twice. */
  async lockAll(tx: Tx, ids: readonly HostId[]): Promise<repository.HostVersion[]> {
    return repository.lockHosts(tx, ids);
  }

  /** Without a lock. */
  async versionsOf(tx: Tx, ids: readonly HostId[]): Promise<repository.HostVersion[]> {
    return tx.query(...repository.factsVersions(ids));
  }

  /** Raises desired generations and wakes the agents, both if and only if the transaction commits. */
  async raiseDesired(tx: Tx, ids: readonly HostId[]): Promise<Map<HostId, repository.RaisedHost>> {
    if (ids.length === 0) return new Map();
    this.wakeAgents(tx, ids);
    const raised = await tx.query<repository.RaisedHost>(...repository.raiseDesired(ids));
    return new Map(raised.map((host) => [host.id, host]));
  }

  /**
   * The same with the commit, for some of the hosts that the transaction has locked. Tells the versions of the
   * facts of all of them, as it leaves them.
   */
  raiseDesiredWithCommit(
    tx: Tx,
    ids: readonly HostId[],
    others: readonly HostId[],
    told: (hosts: readonly repository.HostVersion[]) => void,
  ): void {
    if (ids.length > 0) {
      tx.withCommit(repository.raiseDesired(ids), told);
      this.wakeAgents(tx, ids);
    }
    if (others.length > 0) tx.withCommit(repository.factsVersions(others), told);
  }

  private wakeAgents(tx: Tx, ids: readonly HostId[]): void {
    this.outbox.addAll(tx, 'deliver', ids);
    tx.withCommit(this.wake.notice(ids.map(hostTopic)));
  }

  async generations(id: HostId, sql: Sql = this.database) {
    return repository.generations(sql, id);
  }

  async update(
    idOrName: string,
    change: UpdateService,
    expected: ExpectedVersion,
    actor: Actor,
  ): Promise<Host> {
    return this.database.transaction(async (tx) => {
      const { id, name } = await this.get(idOrName, tx);
      const leaning = await this.leases.targetHostsOn(tx, { hostId: id });
      await this.lockAll(tx, [id, ...leaning]);
      const before = await this.get(id, tx);
      mustMatch(expected, before, `Host ${name}`);
      const service = changeService(hostLifeCycle, before, change);
      await repository.setService(tx, id, service);
      if (service.draining !== before.draining) await this.raiseDesired(tx, leaning);
      if (serviceState(service) === 'lending') await this.needs.retryUnmet(tx, { hostId: id });
      const { cordoned, draining } = before;
      await this.audit.record(tx, actor, 'host.update', id, {
        name,
        before: { cordoned, draining },
        after: service,
      });
      return this.get(id, tx);
    });
  }

  async stampReport(
    tx: Tx,
    host: repository.LockedHost,
    report: ObservedState,
    hashes: repository.ReportHashes,
  ): Promise<void> {
    const past = [host.bootId, ...host.pastBootIds].filter(
      (id): id is string => id !== null && id !== report.bootId,
    );
    await repository.stampReport(tx, host.id, report, past.slice(0, 16), hashes);
  }
}
