import type { Target } from '../contract/index.js';
import type { LifeCycle } from './life-cycle.js';

/** As in the books, which keep a target that is gone. */
export type TargetState = Target['state'] | 'deleted';

/**
 * planned: in the books. active: the kernel has run it. deleting: to be taken down, its leases to be wiped.
 * deleted: nothing of it is left.
 */
export const targetLifeCycle: LifeCycle<TargetState> = {
  thing: 'target',
  transitions: {
    planned: ['active', 'deleting'],
    active: ['deleting'],
    deleting: ['deleted'],
    deleted: [],
  },
};
