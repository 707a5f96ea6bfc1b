import type { UpdateService } from '../contract/index.js';
import { step, type LifeCycle } from './life-cycle.js';

/** What an administrator has a spare or a host do. */
export type ServiceState = 'lending' | 'cordoned' | 'draining' | 'removed';

/** The two flags that hold the state in the books and in the contract. */
export interface ServiceFlags {
  cordoned: boolean;
  draining: boolean;
}

export const serviceState = ({ cordoned, draining }: ServiceFlags): ServiceState => {
  if (draining) return 'draining';
  return cordoned ? 'cordoned' : 'lending';
};

/** What stops draining stays cordoned: that it lends again is a decision of its own. */
const transitions: LifeCycle<ServiceState>['transitions'] = {
  lending: ['cordoned', 'draining', 'removed'],
  cordoned: ['lending', 'draining', 'removed'],
  draining: ['cordoned', 'removed'],
  removed: [],
};

/** removed: out of its pool; only when nothing of it is lent. */
export const spareLifeCycle: LifeCycle<ServiceState> = { thing: 'spare', transitions };

/** Hosts are never removed: their history names them. */
export const hostLifeCycle: LifeCycle<ServiceState> = {
  thing: 'host',
  transitions: {
    lending: ['cordoned', 'draining'],
    cordoned: ['lending', 'draining'],
    draining: ['cordoned'],
    removed: [],
  },
};

/** The flags after a change, one step after another; throws IllegalStep. What is so already is no step. */
export function changeService(
  cycle: LifeCycle<ServiceState>,
  now: ServiceFlags,
  { cordoned, draining }: UpdateService,
): ServiceFlags {
  let state = serviceState(now);
  const go = (to: ServiceState) => {
    if (state !== to) state = step(cycle, state, to);
  };
  if (draining === true) go('draining');
  if (draining === false && state === 'draining') go('cordoned');
  if (cordoned === true && state === 'lending') go('cordoned');
  if (cordoned === false) go('lending');
  return { cordoned: state !== 'lending', draining: state === 'draining' };
}
