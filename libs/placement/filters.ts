import { SECTOR_BYTES, type PoolPolicy, type RejectReason } from '../contract/index.js';
import { otherArrayMembers, type ArrayMember } from './array-members.js';
import { levelsUpTo, sharedDomain, sharesReason } from './domains.js';
import { chooseExtent } from './extents.js';
import { HOUR_MS } from './grants.js';
import type { HostFacts, PlacementRequest, PoolFacts, SpareFact, TargetFact } from './snapshot.js';

export interface Rejection {
  reason: RejectReason;
  detail: string;
}

export interface FilterContext {
  request: PlacementRequest;
  pool: PoolFacts;
  policy: PoolPolicy;
  target: TargetFact;
  host: HostFacts;
  otherMembers: ArrayMember[];
  nowMs: number;
}

export function filterContext(
  request: PlacementRequest,
  host: HostFacts,
  pool: PoolFacts,
  target: TargetFact,
  nowMs: number,
): FilterContext {
  const { policy } = pool;
  const otherMembers = otherArrayMembers(target, host);
  return { request, pool, policy, target, host, otherMembers, nowMs };
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

const isMainDevice: Filter = (spare, { host, target }) => {
  const main = host.targets.find((t) => t.main.deviceId === spare.deviceId);
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
  if (chooseExtent(spare.free, request.lengthSectors)) return undefined;
  const largest = spare.free.reduce((most, gap) => Math.max(most, gap.length), 0);
  return {
    reason: 'no-contiguous-space',
    detail: `${request.lengthSectors} sectors asked, the largest free extent has ${largest}`,
  };
};

const hostGrantLimit: Filter = (_, { policy: { maxGrantsPerHostPerHour: most }, host, nowMs }) => {
  const granted = host.grants.filter((at) => at > nowMs - HOUR_MS).length;
  return reject(
    most !== null && granted >= most,
    'host-grant-limit',
    `targets of the host were granted ${granted} leases within the hour; the policy allows ${most ?? 0}`,
  );
};

const poolGrantLimit: Filter = (_, { pool, policy: { maxGrantsPerHour: most } }) =>
  reject(
    most !== null && pool.grants >= most,
    'pool-grant-limit',
    `pool ${pool.name} granted ${pool.grants} leases within the hour; its policy allows ${most ?? 0}`,
  );

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
  hostGrantLimit,
  poolGrantLimit,
];

export function firstRejection(spare: SpareFact, context: FilterContext): Rejection | undefined {
  for (const filter of FILTERS) {
    const rejection = filter(spare, context);
    if (rejection) return rejection;
  }
  return undefined;
}
