import fc from 'fast-check';
import { DomainLevel, PolicyName, PoolPolicy } from '../contract/index.js';
import type { FleetOptions } from './options.js';

const MIB = 2048;

/** Fleets that are small, and short of spares and of space often enough. */
export const anyFleet: fc.Arbitrary<FleetOptions> = fc.record({
  hosts: fc.integer({ min: 1, max: 3 }),
  years: fc.constantFrom(0.5, 3, 8),
  seed: fc.nat(),
  disksPerHost: fc.integer({ min: 1, max: 14 }),
  sparesPerHost: fc.integer({ min: 0, max: 9 }),
  smallestSpareSectors: fc.constantFrom(16 * MIB, 40 * MIB, 256 * MIB),
});

export const anyPolicy: fc.Arbitrary<PoolPolicy> = fc
  .record({
    name: fc.constantFrom(...PolicyName.options),
    domainLevel: fc.constantFrom(...DomainLevel.options),
    maxArraysPerSpare: fc.option(fc.integer({ min: 1, max: 3 })),
    maxGrantsPerHostPerHour: fc.option(fc.integer({ min: 1, max: 5 })),
    reservePercent: fc.constantFrom(0, 20),
    lowWaterBlocks: fc.constantFrom(1, 256, 4000),
  })
  .map((rules) => PoolPolicy.parse(rules));
