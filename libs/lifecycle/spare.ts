import type { Spare } from '../contract/index.js';
import type { LifeCycle } from './life-cycle.js';

/** What the host says of the spare's disk; failing: it reports so itself. missing: it no longer reports it. */
export const spareHealthLifeCycle: LifeCycle<Spare['state']> = {
  thing: "spare's disk",
  transitions: {
    available: ['failing', 'missing'],
    failing: ['available', 'missing'],
    missing: ['available', 'failing'],
  },
};
