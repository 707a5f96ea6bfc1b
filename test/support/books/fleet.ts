import fc from 'fast-check';
import type {
  DomainLevel,
  FailureDomains,
  PoolPolicy,
  Sectors,
} from '../../../libs/contract/index.js';

export interface DiskPlan {
  domains: FailureDomains;
  /** How many of the smallest leases it could lend. */
  leases: number;
  /** A spare of that pool from the start; else it is free for a target or a later spare. */
  spareOf: number | null;
  /** Disks of a host with the same number are, or will be, members of one array. */
  array: number | null;
}

export interface FleetPlan {
  hosts: { disks: DiskPlan[] }[];
  /** Disks of a shelf that is cabled to the first two hosts; spares of the first one. */
  shelf: DiskPlan[];
  pools: Partial<PoolPolicy>[];
}

export const LEASE_SECTORS = 512 as Sectors;

const label = (kind: string) =>
  fc.option(fc.constantFrom(`${kind}0`, `${kind}1`, `${kind}2`), { nil: undefined });

const domains = fc
  .record({ enclosure: label('e'), controller: label('c'), power: label('p'), rack: label('r') })
  .map((known) => Object.fromEntries(Object.entries(known).filter(([, v]) => v !== undefined)));

const disk: fc.Arbitrary<DiskPlan> = fc
  .record({
    domains,
    leases: fc.integer({ min: 2, max: 12 }),
    spareOf: fc.option(fc.nat(1), { freq: 2 }),
    array: fc.option(fc.nat(1), { freq: 3 }),
  })
  .map((plan) => (plan.spareOf === null ? plan : { ...plan, array: null }));

const level: fc.Arbitrary<DomainLevel> = fc.constantFrom(
  ...(['disk', 'disk', 'enclosure', 'enclosure', 'controller', 'power', 'rack'] as const),
);

const policy = fc.record({
  name: fc.constantFrom('least-utilised', 'balanced', 'wear-aware', 'spread'),
  scope: fc.constantFrom('global', 'global', 'global', 'chassis'),
  speedClass: fc.constantFrom('any', 'not-slower'),
  domainLevel: level,
  locality: fc.constantFrom('local-only', 'prefer-local', 'remote-allowed'),
  maxArraysPerSpare: fc.option(fc.integer({ min: 1, max: 3 })),
  maxGrantsPerHostPerHour: fc.option(fc.integer({ min: 3, max: 8 }), { freq: 1 }),
  maxGrantsPerHour: fc.option(fc.integer({ min: 3, max: 8 }), { freq: 1 }),
  reservePercent: fc.constantFrom(0, 0, 20),
  leaseSectors: fc.constantFrom(LEASE_SECTORS, (2 * LEASE_SECTORS) as Sectors),
  lowWaterBlocks: fc.constantFrom(10, 40),
} satisfies Record<string, fc.Arbitrary<unknown>>) as fc.Arbitrary<Partial<PoolPolicy>>;

export const anyFleet: fc.Arbitrary<FleetPlan> = fc.record({
  hosts: fc.array(fc.record({ disks: fc.array(disk, { minLength: 4, maxLength: 8 }) }), {
    minLength: 2,
    maxLength: 4,
  }),
  shelf: fc.array(
    disk.map((plan) => ({ ...plan, array: null, spareOf: plan.spareOf ?? 0 })),
    { maxLength: 2 },
  ),
  pools: fc.array(policy, { minLength: 1, maxLength: 2 }),
});
