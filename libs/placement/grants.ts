import type { Sectors, SpareId, TargetId } from '../contract/index.js';
import { giveExtent, takeExtent } from './extents.js';
import type {
  Extent,
  HostFacts,
  Place,
  PlacementRequest,
  SpareFact,
  TargetFact,
} from './snapshot.js';

export const HOUR_MS = 3_600_000;

/** Where an extent was found for a lease. */
export interface Placement {
  spareId: SpareId;
  extent: Extent;
}

const placeOf = ({ deviceId, diskId, hostId, domains }: Place): Place => ({
  ...{ deviceId, diskId, hostId, domains },
});

const sameDevice = (a: Place, b: Place) => a.deviceId === b.deviceId && a.hostId === b.hostId;

/** Sets what the target has on the spare; nothing at 0. */
function setLeased(spare: SpareFact, targetId: TargetId, sectors: number): void {
  const index = spare.leasedTo.findIndex((lent) => lent.targetId === targetId);
  if (sectors > 0) {
    const lent = spare.leasedTo[index];
    if (lent) lent.sectors = sectors;
    else spare.leasedTo.push({ targetId, sectors });
  } else if (index >= 0) spare.leasedTo.splice(index, 1);
}

const leased = (spare: SpareFact, targetId: TargetId) =>
  spare.leasedTo.find((lent) => lent.targetId === targetId)?.sectors ?? 0;

function lend(spare: SpareFact, targetId: TargetId, extent: Extent): void {
  takeExtent(spare.free, extent);
  setLeased(spare, targetId, leased(spare, targetId) + extent.length);
}

/** Counts one live lease more to the target, and the device that it lies on. */
export function leanOn(target: TargetFact, device: Place): void {
  target.leaseCount += 1;
  if (!target.leases.some((place) => sameDevice(place, device)))
    target.leases.push(placeOf(device));
}

/**
 * Makes the facts what a reload would give once the placement is booked. The pool's count of grants is the
 * caller's, who has it for many hosts. Throws when the facts lack the spare or the extent is not free.
 */
export function applyGrant(
  host: HostFacts,
  { targetId }: Pick<PlacementRequest, 'targetId'>,
  { spareId, extent }: Placement,
  nowMs: number,
): void {
  const spare = host.spares.find(({ id }) => id === spareId);
  if (!spare) throw new Error(`the facts of host ${host.hostId} have no spare ${spareId}`);
  lend(spare, targetId, extent);
  const target = host.targets.find(({ id }) => id === targetId);
  if (target) leanOn(target, spare);
  while (host.grants[0] !== undefined && host.grants[0] <= nowMs - HOUR_MS) host.grants.shift();
  host.grants.push(nowMs);
}

/** As `applyGrant`, for the facts of another host that sees the spare: there only the spare has changed. */
export function applyGrantElsewhere(
  { spares }: Pick<HostFacts, 'spares'>,
  { targetId }: Pick<PlacementRequest, 'targetId'>,
  { spareId, extent }: Placement,
): void {
  const spare = spares.find(({ id }) => id === spareId);
  if (spare) lend(spare, targetId, extent);
}

/**
 * Makes the facts what a reload would give once the lease is released. `stillLeasedSectors`: what the target
 * keeps on that spare, where the caller knows better than the facts. A spare that the facts lack is no
 * error: it may have gone before its lease did.
 */
export function applyRelease(
  host: HostFacts,
  spareId: SpareId,
  targetId: TargetId,
  extent: Extent,
  stillLeasedSectors?: number,
): void {
  const target = host.targets.find(({ id }) => id === targetId);
  if (target) target.leaseCount -= 1;
  const spare = host.spares.find(({ id }) => id === spareId);
  if (!spare) return;
  giveExtent(spare.free, extent);
  const kept = stillLeasedSectors ?? leased(spare, targetId) - extent.length;
  setLeased(spare, targetId, kept);
  if (target && kept <= 0)
    target.leases = target.leases.filter((place) => !sameDevice(place, spare));
}

/** What the spare has lent, all in all. */
export function leasedSectors({ lendableSectors, free }: SpareFact): Sectors {
  let sectors: number = lendableSectors;
  for (const gap of free) sectors -= gap.length;
  return sectors as Sectors;
}
