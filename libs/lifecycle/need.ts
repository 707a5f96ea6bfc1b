import type { NeedState } from '../contract/index.js';
import type { LifeCycle } from './life-cycle.js';

/** open: to be planned. unmet: planned in vain, to be tried again. placed: booked. fulfilled: the kernel runs it. */
export const needLifeCycle: LifeCycle<NeedState> = {
  thing: 'need',
  transitions: {
    open: ['placed', 'unmet', 'cancelled'],
    unmet: ['placed', 'unmet', 'cancelled'],
    placed: ['fulfilled', 'cancelled'],
    fulfilled: [],
    cancelled: [],
  },
};
