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
import type { LeaseOfTarget, Lent, Of, SpareRow, TargetRow } from './facts.repository.js';
import { SeenDevices } from './seen-devices.js';

export interface ReadFacts {
  hosts: Map<HostId, HostFacts>;
  /** Hosts that share a device with them. */
  neighbours: Of<{ neighbour: HostId }>[];
}

/** The facts of hosts, put together from what the books say of them now. */
export async function readFacts(sql: Sql, ids: readonly HostId[]): Promise<ReadFacts> {
  const hosts = new Map(
    ids.map((hostId): [HostId, HostFacts] => [
      hostId,
      { hostId, spares: [], targets: [], arrays: [], disks: [], grants: [] },
    ]),
  );
  if (ids.length === 0) return { hosts, neighbours: [] };
  const [neighbours, spares, devices, targets, leases, arrays] = await Promise.all([
    repository.neighbours(sql, ids),
    repository.spares(sql, ids),
    repository.devices(sql, ids),
    repository.targets(sql, ids),
    repository.leasesOfTargets(sql, ids),
    repository.arrays(sql, ids),
  ]);
  // A spare of another host can only be on a device that is shared.
  if (neighbours.length > 0) {
    const others = await repository.sparesSeen(sql, ids);
    spares.push(...others);
    devices.push(...(await repository.devicesOf(sql, [...new Set(others.map(({ id }) => id))])));
  }
  const seen = new SeenDevices(devices);
  for (const spare of spares) hosts.get(spare.of)?.spares.push(spareFact(spare, seen));
  for (const target of targets) hosts.get(target.hostId)?.targets.push(targetFact(target, seen));
  for (const { of, ...array } of arrays) hosts.get(of)?.arrays.push(array);
  for (const host of hosts.values()) host.disks = seen.of(host.hostId);
  const places = await placesOf(sql, leases, hosts);
  for (const lease of leases) count(lease, hosts.get(lease.of), places);
  for (const host of hosts.values()) trim(host);
  return { hosts, neighbours };
}

function spareFact(row: SpareRow, seen: SeenDevices): SpareFact {
  const device = seen.get(row.hostId, row.deviceId);
  const lent = row.lent ?? [];
  const extents = lent.map(([, offset, end]) => ({ offset, length: end - offset }));
  return {
    deviceId: seen.one(row.deviceId),
    diskId: seen.one(row.diskId),
    hostId: seen.one(row.hostId),
    domains: device?.domains ?? seen.domainsOf(null),
    model: device?.model ?? null,
    firmware: device?.firmware ?? null,
    batch: null,
    powerOnHours: device?.powerOnHours ?? null,
    id: row.id,
    number: row.number,
    poolId: seen.one(row.poolId),
    hostName: seen.one(row.hostName),
    hostCordoned: row.hostCordoned,
    cordoned: row.cordoned,
    draining: row.draining,
    state: row.state,
    predictedFailing: device?.predictedFailing ?? false,
    media: device?.media ?? 'hdd',
    logicalBlockBytes: device?.logicalBlockBytes ?? 512,
    physicalBlockBytes: device?.physicalBlockBytes ?? 512,
    protectionType: device?.protectionType ?? null,
    busyPercent: device?.busyPercent ?? null,
    percentageUsed: device?.percentageUsed ?? null,
    wearPercentPerDay: null,
    lendableSectors: row.lendableSectors,
    free: freeExtents(row.lendableSectors, extents),
    leasedTo: sumsByTarget(lent),
  };
}

function targetFact(row: TargetRow, seen: SeenDevices): TargetFact {
  const device = seen.get(row.hostId, row.mainDeviceId);
  const hostId = seen.one(row.hostId);
  return {
    id: row.id,
    name: row.name,
    hostId,
    main: {
      deviceId: seen.one(row.mainDeviceId),
      diskId: seen.one(row.mainDiskId),
      hostId,
      domains: device?.domains ?? seen.domainsOf(null),
      model: device?.model ?? null,
      firmware: device?.firmware ?? null,
      batch: null,
      powerOnHours: device?.powerOnHours ?? null,
      media: device?.media ?? null,
      protectionType: device?.protectionType ?? null,
    },
    arrayPeers: row.arrayPeers,
    leases: [],
    leaseCount: 0,
  };
}

/** Most leases lie on spares that were read already; others on spares that the hosts no longer reach. */
async function placesOf(
  sql: Sql,
  leases: readonly LeaseOfTarget[],
  hosts: ReadonlyMap<HostId, HostFacts>,
): Promise<Map<SpareId, Place>> {
  const places = new Map<SpareId, Place>();
  for (const { spares } of hosts.values()) for (const spare of spares) places.set(spare.id, spare);
  const others = new Set<SpareId>();
  for (const { spareId, live } of leases) if (live && !places.has(spareId)) others.add(spareId);
  if (others.size === 0) return places;
  for (const { id, ...place } of await repository.sparePlaces(sql, [...others]))
    places.set(id, place);
  return places;
}

function count(
  { targetId, spareId, live, grantedAt }: LeaseOfTarget,
  host: HostFacts | undefined,
  places: ReadonlyMap<SpareId, Place>,
): void {
  if (grantedAt !== null) host?.grants.push(grantedAt);
  const target = host?.targets.find(({ id }) => id === targetId);
  const place = places.get(spareId);
  if (target && place && live) leanOn(target, place);
}

function sumsByTarget(lent: readonly Lent[]): SpareFact['leasedTo'] {
  const sums = new Map<TargetId, number>();
  for (const [targetId, offset, end] of lent)
    sums.set(targetId, (sums.get(targetId) ?? 0) + end - offset);
  return [...sums].map(([targetId, sectors]) => ({ targetId, sectors }));
}

/**
 * Arrays that have grown hold room for more: these stay in memory for long. Spares by id are not sorted for each
 * plan.
 */
function trim(host: HostFacts): void {
  host.spares = host.spares.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  host.targets = host.targets.slice();
  host.arrays = host.arrays.slice();
  host.grants = host.grants.slice();
  for (const spare of host.spares) spare.free = spare.free.slice();
  for (const target of host.targets) target.leases = target.leases.slice();
}
