import { Injectable } from '@nestjs/common';
import type { HostId, PoolId } from '../../../libs/contract/index.js';
import type { HostFacts, PoolFacts } from '../../../libs/placement/index.js';
import { LOCKS, type Sql, type Tx } from '../database/database.service.js';
import * as repository from './facts.repository.js';
import type { PoolVersion } from './facts.repository.js';
import { readFacts, type ReadFacts } from './read-facts.js';

/** Facts of so many hosts stay in memory; further ones are read again when they are needed. */
const HOSTS_KEPT = 20_000;

/** So many pools cost less to look at than it does to ask once more. */
const POOLS_LOOKED_AT = 64;

/** A pool's facts, and the version of them that they are. */
export type KnownPool = PoolFacts & Omit<PoolVersion, 'id'>;

/**
 * What needs are planned on. A host's facts stay in memory from one plan to the next: whoever holds the
 * host's lock can tell by their version whether they still are what the books say.
 */
@Injectable()
export class FactsService {
  private readonly hosts = new Map<HostId, { version: string; facts: HostFacts }>();
  /** Hosts that share a device, and so are locked together; only those that share any. */
  private readonly neighbours = new Map<HostId, HostId[]>();
  private readonly pools = new Map<PoolId, KnownPool>();

  /** Which other hosts to lock, as far as memory knows; after `take` it is right. */
  neighboursOf(ids: readonly HostId[]): HostId[] {
    return ids.flatMap((id) => this.neighbours.get(id) ?? []);
  }

  /**
   * The facts of hosts that the transaction has locked. They leave the memory, since the plan changes them;
   * `keep` brings them back once that is committed.
   */
  async take(
    tx: Tx,
    locked: readonly { id: HostId; factsVersion: string }[],
  ): Promise<Map<HostId, HostFacts>> {
    const taken = new Map<HostId, HostFacts>();
    const stale: HostId[] = [];
    for (const { id, factsVersion } of locked) {
      const known = this.hosts.get(id);
      this.hosts.delete(id);
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
        if (version !== undefined) this.hosts.set(id, { version, facts });
      }
      for (const id of this.hosts.keys()) {
        if (this.hosts.size <= HOSTS_KEPT) break;
        this.hosts.delete(id);
      }
    });
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

  /** Only under the hosts' locks: an answer that was overtaken would have too few locked later. */
  private learnNeighbours(ids: readonly HostId[], { neighbours }: ReadFacts): void {
    for (const id of ids) this.neighbours.delete(id);
    for (const { of, neighbour } of neighbours)
      this.neighbours.set(of, [...(this.neighbours.get(of) ?? []), neighbour]);
  }
}
