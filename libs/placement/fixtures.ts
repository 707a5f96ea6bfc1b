import {
  PoolPolicy,
  type DeviceId,
  type HostId,
  type PoolId,
  type Sectors,
  type SpareId,
  type TargetId,
} from '../contract/index.js';
import { freeExtents, lendableSectors } from './extents.js';
import { plan, type Plan } from './plan.js';
import type {
  ArrayFact,
  Extent,
  HostFacts,
  MainFact,
  Place,
  PlacementRequest,
  PoolFacts,
  SpareFact,
  TargetFact,
} from './snapshot.js';

export const HOST = '00000000-0000-4000-8000-0000000000aa' as HostId;
export const POOL = '00000000-0000-4000-8000-0000000000dd' as PoolId;
export const NOW = Date.parse('2026-01-02T00:00:00Z');
export const uuid = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
export const disk = (n: number) => `wwn:${n.toString(16).padStart(16, '0')}` as DeviceId;
export const targetId = (n: number) => uuid(n) as TargetId;

const UNKNOWN_MAKE = { model: null, firmware: null, batch: null, powerOnHours: null };

export function place(n: number, domains: Place['domains'] = {}): Place {
  return { deviceId: disk(n), diskId: disk(n), hostId: HOST, domains };
}

export const main = (n: number, over: Partial<MainFact> = {}): MainFact => ({
  ...place(n),
  ...UNKNOWN_MAKE,
  media: null,
  protectionType: null,
  ...over,
});

/** What a spare of that size is when those extents are lent, to one target. */
export function lending(
  sizeSectors: number,
  leased: readonly Extent[] = [],
  to = targetId(1),
): Pick<SpareFact, 'lendableSectors' | 'free' | 'leasedTo'> {
  const sectors = leased.reduce((sum, extent) => sum + extent.length, 0);
  const lendable = lendableSectors(sizeSectors);
  return {
    lendableSectors: lendable,
    free: freeExtents(lendable, leased),
    leasedTo: sectors > 0 ? [{ targetId: to, sectors }] : [],
  };
}

export function spare(n: number, over: Partial<SpareFact> = {}): SpareFact {
  return {
    ...place(n),
    ...UNKNOWN_MAKE,
    id: uuid(n) as SpareId,
    number: n,
    poolId: POOL,
    hostName: 'alpha',
    hostCordoned: false,
    cordoned: false,
    draining: false,
    state: 'available',
    predictedFailing: false,
    media: 'ssd',
    logicalBlockBytes: 512,
    physicalBlockBytes: 4096,
    protectionType: null,
    busyPercent: null,
    percentageUsed: null,
    wearPercentPerDay: null,
    ...lending(1_048_576),
    ...over,
  };
}

export function target(n: number, over: Partial<TargetFact> = {}): TargetFact {
  return {
    id: targetId(n),
    name: `r${n}`,
    hostId: HOST,
    main: main(n),
    arrayPeers: [],
    leases: [],
    leaseCount: 0,
    ...over,
  };
}

export function array(
  n: number,
  members: ArrayFact['members'],
  over: Partial<ArrayFact> = {},
): ArrayFact {
  return {
    hostId: HOST,
    uuid: `array-${n}`,
    name: `md${n}`,
    level: 'raid1',
    raidDisks: members.length,
    degraded: 0,
    syncAction: 'idle',
    members,
    ...over,
  };
}

export function host(over: Partial<HostFacts> = {}): HostFacts {
  return {
    ...{ hostId: HOST, spares: [], targets: [target(1000)] },
    ...{ arrays: [], disks: [], grants: [] },
    ...over,
  };
}

export const policy = (over: Partial<PoolPolicy> = {}): PoolPolicy => ({
  ...PoolPolicy.parse({}),
  ...over,
});

export const pool = (
  rules: Partial<PoolPolicy> = {},
  over: Partial<PoolFacts> = {},
): PoolFacts => ({
  ...{ id: POOL, name: 'general', policy: policy(rules), spareCount: 0, grants: 0 },
  ...over,
});

export function request(over: Partial<PlacementRequest> = {}): PlacementRequest {
  return {
    needId: null,
    targetId: targetId(1000),
    blockSectors: 8,
    lengthSectors: 16_384 as Sectors,
    priority: 'normal',
    voluntary: false,
    ...over,
  };
}

interface How {
  rules?: Partial<PoolPolicy>;
  ofPool?: Partial<PoolFacts>;
  asked?: Partial<PlacementRequest>;
  seed?: string;
  nowMs?: number;
}

/** A plan for the target 1000 on these facts. */
export function planOn(facts: Partial<HostFacts>, how: How = {}): Plan {
  const { rules = {}, ofPool = {}, asked = {}, seed = 'seed', nowMs = NOW } = how;
  return plan(request(asked), host(facts), pool(rules, ofPool), seed, nowMs);
}
