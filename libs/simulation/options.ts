import type { PoolPolicy } from '../contract/index.js';

/** How large the virtual fleet is, and how long it runs. */
export interface FleetOptions {
  hosts: number;
  years: number;
  seed: number;
  /** Main devices, in arrays as far as they go. */
  disksPerHost: number;
  sparesPerHost: number;
  /** Sizes of spares go round: this, twice, four times. */
  smallestSpareSectors: number;
}

export const DEFAULT_FLEET: FleetOptions = {
  ...{ hosts: 1000, years: 3, seed: 1, disksPerHost: 12, sparesPerHost: 8 },
  smallestSpareSectors: 262_144,
};

/** A policy under comparison. */
export interface Contender {
  /** What it is called in the result. */
  label: string;
  policy: PoolPolicy;
}
