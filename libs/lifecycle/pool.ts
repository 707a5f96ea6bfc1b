import type { LifeCycle } from './life-cycle.js';

/** used: has or had spares or targets, which its history names, so it stays. */
export type PoolState = 'unused' | 'used' | 'deleted';

export const poolLifeCycle: LifeCycle<PoolState> = {
  thing: 'pool',
  transitions: {
    unused: ['used', 'deleted'],
    used: [],
    deleted: [],
  },
};
