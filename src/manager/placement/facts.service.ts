import { Injectable } from '@nestjs/common';
import type { HostId, PoolId } from '../../../libs/contract/index.js';
import type { HostFacts, PoolFacts } from '../../../libs/placement/index.js';
import type { Sql, Tx } from '../database/database.service.js';
import * as repository from './facts.repository.js';
import type { Of } from './facts.repository.js';

/** Facts of so many hosts stay in memory; further ones are read again when they are needed. */
const HOSTS_KEPT = 20_000;

/**
 * What needs are planned on. A host's facts stay in memory from one plan to the next: whoever holds the
 * host's lock can tell by their version whether they still are what the books say.
 */
@Injectable()
export class FactsService {
  private readonly hosts = new Map<HostId, { version: number; facts: HostFacts }>();
  /** Hosts that share a device, and so are locked together; only those that share any. */
  private readonly neighbours = new Map<HostId, HostId[]>();
  private readonly pools = new Map<PoolId, { version: number; facts: PoolFacts }>();

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
    locked: readonly { id: HostId; factsVersion: number }[],
  ): Promise<Map<HostId, HostFacts>> {
    const taken = new Map<HostId, HostFacts>();
    const stale: HostId[] = [];
    for (const { id, factsVersion } of locked) {
      const known = this.hosts.get(id);
      this.hosts.delete(id);
      if (known?.version === factsVersion) taken.set(id, known.facts);
      else stale.push(id);
    }
    for (const facts of await this.read(tx, stale)) taken.set(facts.hostId, facts);
    return taken;
  }

  /** Facts as the transaction leaves them, with the versions that it sees, kept if it commits. */
  keep(tx: Tx, taken: ReadonlyMap<HostId, HostFacts>, versions: ReadonlyMap<HostId, number>): void {
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
  async peek(sql: Sql, hostIds: readonly HostId[]): Promise<Map<HostId, HostFacts>> {
    return new Map((await this.read(sql, hostIds)).map((facts) => [facts.hostId, facts]));
  }

  async ofPools(sql: Sql, ids: readonly PoolId[]): Promise<Map<PoolId, PoolFacts>> {
    const wanted = [...new Set(ids)];
    const versions = await repository.poolVersions(sql, wanted);
    for (const { id, version } of versions) {
      if (this.pools.get(id)?.version === version) continue;
      const facts = await repository.poolFacts(sql, id);
      if (facts) this.pools.set(id, { version, facts: { ...facts, grants: 0 } });
    }
    const found = new Map<PoolId, PoolFacts>();
    for (const id of wanted) {
      const facts = this.pools.get(id)?.facts;
      if (!facts) throw new Error(`pool ${id} has no facts`);
      const capped = facts.policy.maxGrantsPerHour !== null;
      found.set(id, { ...facts, grants: capped ? await repository.poolGrants(sql, id) : 0 });
    }
    return found;
  }

  private async read(sql: Sql, ids: readonly HostId[]): Promise<HostFacts[]> {
    if (ids.length === 0) return [];
    const known = new Map<HostId, HostFacts>(
      ids.map((hostId) => [
        hostId,
        { hostId, spares: [], targets: [], arrays: [], disks: [], grants: [] },
      ]),
    );
    const sort = <Fact>(rows: readonly Of<Fact>[], add: (host: HostFacts, fact: Fact) => void) => {
      for (const row of rows) {
        const host = known.get(row.of);
        if (host) add(host, row);
      }
    };
    sort(await repository.spareFacts(sql, ids), ({ spares }, spare) => spares.push(spare));
    sort(await repository.targetFacts(sql, ids), ({ targets }, target) => targets.push(target));
    sort(await repository.arrayFacts(sql, ids), ({ arrays }, array) => arrays.push(array));
    sort(await repository.diskFacts(sql, ids), ({ disks }, disk) => disks.push(disk));
    sort(await repository.grantTimes(sql, ids), ({ grants }, { at }) => grants.push(at));
    for (const id of ids) this.neighbours.delete(id);
    for (const { of, neighbour } of await repository.neighbours(sql, ids))
      this.neighbours.set(of, [...(this.neighbours.get(of) ?? []), neighbour]);
    return [...known.values()];
  }
}
