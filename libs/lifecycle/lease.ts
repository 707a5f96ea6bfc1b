import type { LeaseState } from '../contract/index.js';
import type { LifeCycle } from './life-cycle.js';

/**
 * planned: booked. granted: in the host's desired state. active: the kernel runs with it. evacuating: its
 * blocks are to move to the target's other leases. leaving: empty, and no longer in the desired table; back
 * to active when a block came in between, since the kernel refuses a table without it then. draining: the
 * kernel runs without it, and the agent is to wipe it. released: wiped, its extent may be lent again; only
 * then.
 */
export const leaseLifeCycle: LifeCycle<LeaseState> = {
  thing: 'lease',
  transitions: {
    planned: ['granted', 'released'],
    granted: ['active', 'draining'],
    active: ['evacuating', 'draining'],
    evacuating: ['active', 'leaving', 'draining'],
    leaving: ['active', 'draining'],
    draining: ['released'],
    released: [],
  },
};
