import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import type { HostId, PoolId } from '../../../libs/contract/index.js';
import type { HostFacts, PoolFacts } from '../../../libs/placement/index.js';
import {
  DatabaseService,
  isDatabaseDown,
  LOCKS,
  type Sql,
  type Tx,
} from '../database/database.service.js';
import { HostsService, type HostVersion } from '../hosts/hosts.service.js';
import * as repository from './facts.repository.js';
import type { PoolVersion } from './facts.repository.js';
import { readFacts, type ReadFacts } from './read-facts.js';

/** Facts of so many hosts stay in memory; further ones are read again when they are needed. */
const HOSTS_KEPT = 20_000;

/** So many hosts are read ahead at once, in some 0.2 s, which the look at their needs takes longer. */
const READ_AHEAD = 256;

/** So many pools cost less to look at than it does to ask once more. */
const POOLS_LOOKED_AT = 64;

interface KnownHost {
  version: string;
  facts: HostFacts;
}

/** A pool's facts, and the version of them that they are. */
export type KnownPool = PoolFacts & Omit<PoolVersion, 'id'>;

/**
 * What needs are planned on. A host's facts stay in memory from one plan to the next: whoever holds the
 * host's lock can tell by their version whether they still are what the books say.
 */
@Injectable()
export class FactsService {
  /**
   * By when they were read or planned on last. Undefined from when a plan takes the facts until one that took them
   * is committed.
   */
  private readonly hosts = new Map<HostId, KnownHost | undefined>();
  /** Hosts that share a device, and so are locked together; only those that share any. */
  private readonly neighbours = new Map<HostId, HostId[]>();
  private readonly pools = new Map<PoolId, KnownPool>();
  /** Hosts that are read ahead and that nobody has taken meanwhile, with the reading. */
  private readonly ahead = new Map<HostId, symbol>();

  constructor(
    private readonly database: DatabaseService,
    private readonly hostBooks: HostsService,
    private readonly log: PinoLogger,
  ) {
    log.setContext(FactsService.name);
  }

  /** Which other hosts to lock, as far as memory knows; after `take` it is right. */
  neighboursOf(ids: readonly HostId[]): HostId[] {
    return ids.flatMap((id) => this.neighbours.get(id) ?? []);
  }

  /**
   * Reads the facts of hosts that plans are to come for, those that memory has never heard of: without a lock, and
   * together, which takes half the time. What somebody took meanwhile is left to that plan, which may have learned
   * of other neighbours. What cannot be read here fails the plans that need it, and no others.
   */
  async readAhead(hostIds: Iterable<HostId>): Promise<void> {
    const ids = this.unknownOf(hostIds);
    if (ids.length === 0) return;
    const reading = Symbol('reading');
    for (const id of ids) this.ahead.set(id, reading);
    try {
      const [versions, read] = await this.readUnlocked(ids);
      const free = versions.filter(({ id }) => this.ahead.get(id) === reading);
      this.learnNeighbours(
        free.map(({ id }) => id),
        read,
      );
      for (const { id, factsVersion: version } of free) {
        const facts = read.hosts.get(id);
        if (facts) this.remember(id, { version, facts });
      }
    } catch (error) {
      if (isDatabaseDown(error)) throw error;
      this.log.warn({ err: error }, 'facts of hosts could not be read ahead of their plans');
    } finally {
      for (const id of ids) if (this.ahead.get(id) === reading) this.ahead.delete(id);
    }
  }

  /**
   * The versions are asked for first: of what changes in between, the facts may be newer than their version, and are
   * read again by whoever finds another one under the lock.
   */
  private async readUnlocked(ids: readonly HostId[]): Promise<[HostVersion[], ReadFacts]> {
    return this.database.transaction((tx) =>
      Promise.all([this.hostBooks.versionsOf(tx, ids), readFacts(tx, ids)]),
    );
  }

  private unknownOf(hostIds: Iterable<HostId>): HostId[] {
    const unknown: HostId[] = [];
    for (const id of new Set(hostIds)) {
      if (unknown.length === READ_AHEAD) break;
      if (!this.hosts.has(id) && !this.ahead.has(id)) unknown.push(id);
    }
    return unknown;
  }

  /**
   * The facts of hosts that the transaction has locked. Memory lets go of them, since the plan changes them; `keep`
   * brings them back once that is committed.
   */
  async take(tx: Tx, locked: readonly HostVersion[]): Promise<Map<HostId, HostFacts>> {
    const taken = new Map<HostId, HostFacts>();
    const stale: HostId[] = [];
    for (const { id, factsVersion } of locked) {
      const known = this.hosts.get(id);
      this.hosts.set(id, undefined);
      this.ahead.delete(id);
      if (known?.version === factsVersion) taken.set(id, known.facts);
      else stale.push(id);
    }
    const read = await readFacts(tx, stale);
    this.learnNeighbours(stale, read);
    for (const [id, facts] of read.hosts) taken.set(id, facts);
    return taken;
  }

  /** Facts as the transaction leaves them, with the versions that it sees, kept if it commits. */
  keep(tx: Tx, taken: ReadonlyMap<HostId, HostFacts>, versions: ReadonlyMap<HostId, string>): void {
    tx.afterCommit(() => {
      for (const [id, facts] of taken) {
        const version = versions.get(id);
        if (version !== undefined) this.remember(id, { version, facts });
      }
    });
  }

  private remember(id: HostId, known: KnownHost): void {
    this.hosts.delete(id);
    this.hosts.set(id, known);
    if (this.hosts.size <= HOSTS_KEPT) return;
    // Not looked for in vain: what was deleted stands in the way of the first key.
    const [oldest] = this.hosts.keys();
    if (oldest !== undefined) this.hosts.delete(oldest);
  }

  /** Facts of this moment, without a lock, that the caller may change. */
  async peek(tx: Tx, hostIds: readonly HostId[]): Promise<Map<HostId, HostFacts>> {
    const { hosts } = await readFacts(tx, hostIds);
    return hosts;
  }

  /** Facts of this moment, without a lock. */
  async ofPools(sql: Sql, ids: readonly PoolId[]): Promise<Map<PoolId, KnownPool>> {
    return this.readPools(sql, ids, [], () => Promise.resolve());
  }

  /** To be asked for before it is known which pools are to be granted from; unless there are too many. */
  async versionsOfKnownPools(tx: Tx): Promise<PoolVersion[]> {
    const ids = [...this.pools.keys()];
    return ids.length > POOLS_LOOKED_AT ? [] : repository.poolVersions(tx, ids);
  }

  /**
   * Facts to grant on: a pool whose grants are bounded is nobody else's until the transaction ends, or two
   * managers would each count without the other's. After the locks of hosts, always. `versions`: those of this
   * transaction that are known already.
   */
  async ofPoolsToGrantFrom(
    tx: Tx,
    ids: readonly PoolId[],
    versions: readonly PoolVersion[],
  ): Promise<Map<PoolId, KnownPool>> {
    return this.readPools(tx, ids, versions, (id) => repository.lockGrants(tx, id, LOCKS.grants));
  }

  private async readPools(
    sql: Sql,
    ids: readonly PoolId[],
    versions: readonly PoolVersion[],
    beforeCounting: (id: PoolId) => Promise<void>,
  ): Promise<Map<PoolId, KnownPool>> {
    const wanted = [...new Set(ids)].sort();
    const given = versions.filter(({ id }) => wanted.includes(id));
    const others = wanted.filter((id) => !given.some((version) => version.id === id));
    const read = others.length > 0 ? await repository.poolVersions(sql, others) : [];
    for (const { id, version, server } of [...given, ...read]) {
      const known = this.pools.get(id);
      if (known?.version === version && known.server === server) continue;
      const facts = await repository.poolFacts(sql, id);
      if (facts) this.pools.set(id, { ...facts, grants: 0, version, server });
    }
    const found = new Map<PoolId, KnownPool>();
    for (const id of wanted) {
      const known = this.pools.get(id);
      if (!known) throw new Error(`pool ${id} has no facts`);
      const capped = known.policy.maxGrantsPerHour !== null;
      if (capped) await beforeCounting(id);
      found.set(id, { ...known, grants: capped ? await repository.poolGrants(sql, id) : 0 });
    }
    return found;
  }

  /** Of what was read under their locks, or since nobody took them: what was overtaken would have too few locked. */
  private learnNeighbours(ids: readonly HostId[], { neighbours }: ReadFacts): void {
    const learnt = new Set(ids);
    for (const id of learnt) this.neighbours.delete(id);
    for (const { of, neighbour } of neighbours)
      if (learnt.has(of)) this.neighbours.set(of, [...(this.neighbours.get(of) ?? []), neighbour]);
  }
}
