import { SECTOR_BYTES, type PoolPolicy, type RejectReason } from '../contract/index.js';
import { otherArrayMembers, type ArrayMember } from './array-members.js';
import { levelsUpTo, sharedDomain, sharesReason } from './domains.js';
import { chooseExtent, freeExtents } from './extents.js';
import type { FleetSnapshot, PlacementRequest, SpareFact, TargetFact } from './snapshot.js';

export interface Rejection {
  reason: RejectReason;
  detail: string;
}

export interface FilterContext {
  request: PlacementRequest;
  policy: PoolPolicy;
  target: TargetFact;
  fleet: FleetSnapshot;
  otherMembers: ArrayMember[];
}

export function filterContext(
  request: PlacementRequest,
  fleet: FleetSnapshot,
  policy: PoolPolicy,
  target: TargetFact,
): FilterContext {
  return { request, policy, target, fleet, otherMembers: otherArrayMembers(target.id, fleet) };
}

type Filter = (spare: SpareFact, context: FilterContext) => Rejection | undefined;

const reject = (condition: boolean, reason: RejectReason, detail: string): Rejection | undefined =>
  condition ? { reason, detail } : undefined;

const onOtherHost: Filter = (spare, { target }) =>
  reject(
    spare.hostId !== target.hostId,
    'other-host',
    `the spare is on host ${spare.hostName}; a lease is local to its target's host`,
  );

const cordoned: Filter = (spare) =>
  reject(
    spare.cordoned || spare.hostCordoned,
    'cordoned',
    spare.cordoned ? 'the spare is cordoned' : `host ${spare.hostName} is cordoned`,
  );

const missing: Filter = (spare) =>
  reject(spare.state === 'missing', 'spare-missing', 'the host no longer reports the disk');

const unhealthy: Filter = (spare) =>
  reject(spare.state === 'failing', 'spare-unhealthy', 'the disk reports that it is failing');

const wrongMedia: Filter = (spare, { policy }) =>
  reject(
    policy.media !== null && !policy.media.includes(spare.media),
    'media-mismatch',
    `the policy admits ${policy.media?.join(', ') ?? 'all'}; the spare is ${spare.media}`,
  );

const blockTooLarge: Filter = (spare, { request }) =>
  reject(
    spare.logicalBlockBytes > request.blockSectors * SECTOR_BYTES,
    'block-size-mismatch',
    `the spare's logical block of ${spare.logicalBlockBytes} bytes is larger than the target's block`,
  );

const isMainDevice: Filter = (spare, { fleet, target }) => {
  const main = fleet.targets.find(
    (t) => t.hostId === spare.hostId && t.main.deviceId === spare.deviceId,
  );
  if (main)
    return { reason: 'is-main-device', detail: `it is the main device of target ${main.name}` };
  return reject(
    target.main.diskId === spare.diskId,
    'is-main-device',
    `it lies on the disk of target ${target.name} itself`,
  );
};

const sharesDomain: Filter = (spare, { policy, otherMembers }) => {
  for (const level of levelsUpTo(policy.domainLevel)) {
    for (const member of otherMembers) {
      for (const place of member.places) {
        const domain = sharedDomain(level, spare, place);
        if (domain !== undefined)
          return {
            reason: sharesReason(level),
            detail: `rule "no shared ${level} within an array": ${level} ${domain} also serves ${member.label}`,
          };
      }
    }
  }
  return undefined;
};

const noSpace: Filter = (spare, { request }) => {
  if (chooseExtent(spare.sizeSectors, spare.leased, request.lengthSectors)) return undefined;
  const largest = Math.max(
    0,
    ...freeExtents(spare.sizeSectors, spare.leased).map((gap) => gap.length),
  );
  return {
    reason: 'no-contiguous-space',
    detail: `${request.lengthSectors} sectors asked, the largest free extent has ${largest}`,
  };
};

/** In this order, so that the same fleet always gives the same reason. */
const FILTERS: readonly Filter[] = [
  onOtherHost,
  cordoned,
  missing,
  unhealthy,
  wrongMedia,
  blockTooLarge,
  isMainDevice,
  sharesDomain,
  noSpace,
];

export function firstRejection(spare: SpareFact, context: FilterContext): Rejection | undefined {
  for (const filter of FILTERS) {
    const rejection = filter(spare, context);
    if (rejection) return rejection;
  }
  return undefined;
}
