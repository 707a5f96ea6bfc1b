import type { HostId, SpareId, TargetId } from '../../../libs/contract/index.js';
import {
  freeExtents,
  leanOn,
  type HostFacts,
  type Place,
  type SpareFact,
  type TargetFact,
} from '../../../libs/placement/index.js';
import type { Sql } from '../database/database.service.js';
import * as repository from './facts.repository.js';
import type { LeaseOfTarget, LendingSpare, Lent } from './facts.repository.js';

/** The facts of hosts, put together from what the books say of them now. */
export async function readHostFacts(
  sql: Sql,
  ids: readonly HostId[],
): Promise<Map<HostId, HostFacts>> {
  const hosts = new Map(
    ids.map((hostId): [HostId, HostFacts] => [
      hostId,
      { hostId, spares: [], targets: [], arrays: [], disks: [], grants: [] },
    ]),
  );
  if (ids.length === 0) return hosts;
  const [spares, targets, leases, arrays, disks] = await Promise.all([
    repository.spareFacts(sql, ids),
    repository.targetFacts(sql, ids),
    repository.targetLeases(sql, ids),
    repository.arrayFacts(sql, ids),
    repository.diskFacts(sql, ids),
  ]);
  const found = new Map<TargetId, TargetFact>();
  for (const { of, ...spare } of spares) hosts.get(of)?.spares.push(spareFact(spare));
  for (const { of, ...target } of targets) {
    const fact = { ...target, leases: [], leaseCount: 0 };
    found.set(fact.id, fact);
    hosts.get(of)?.targets.push(fact);
  }
  const places = await placesOf(sql, leases, spares);
  for (const { of, targetId, spareId, live, grantedAt } of leases) {
    if (grantedAt !== null) hosts.get(of)?.grants.push(grantedAt);
    const target = found.get(targetId);
    const place = places.get(spareId);
    if (target && place && live) leanOn(target, place);
  }
  for (const { of, ...array } of arrays) hosts.get(of)?.arrays.push(array);
  for (const { of, ...disk } of disks) hosts.get(of)?.disks.push(disk);
  return hosts;
}

/** Most leases lie on spares that were read already; others on spares that the hosts no longer reach. */
async function placesOf(
  sql: Sql,
  leases: readonly LeaseOfTarget[],
  read: readonly LendingSpare[],
): Promise<Map<SpareId, Place>> {
  const places = new Map<SpareId, Place>(read.map((spare) => [spare.id, spare]));
  const others = new Set<SpareId>();
  for (const { spareId, live } of leases) if (live && !places.has(spareId)) others.add(spareId);
  if (others.size === 0) return places;
  for (const { id, ...place } of await repository.sparePlaces(sql, [...others]))
    places.set(id, place);
  return places;
}

function spareFact({ lent, ...spare }: LendingSpare): SpareFact {
  const extents = lent.map(([, offset, end]) => ({ offset, length: end - offset }));
  return {
    ...spare,
    free: freeExtents(spare.lendableSectors, extents),
    leasedTo: sumsByTarget(lent),
  };
}

function sumsByTarget(lent: readonly Lent[]): SpareFact['leasedTo'] {
  const sums = new Map<TargetId, number>();
  for (const [targetId, offset, end] of lent)
    sums.set(targetId, (sums.get(targetId) ?? 0) + end - offset);
  return [...sums].map(([targetId, sectors]) => ({ targetId, sectors }));
}
