import type { LeaseState } from '../contract/index.js';
import type { LifeCycle } from './life-cycle.js';

/**
 * planned: booked. granted: in the host's desired state. active: the kernel runs with it. draining: the
 * agent is to wipe it. released: wiped, its extent may be lent again; only then.
 */
export const leaseLifeCycle: LifeCycle<LeaseState> = {
  thing: 'lease',
  transitions: {
    planned: ['granted', 'released'],
    granted: ['active', 'draining'],
    active: ['draining'],
    draining: ['released'],
    released: [],
  },
};
