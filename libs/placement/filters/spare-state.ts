import type { Filter } from './filter.js';

/** Whether the spare takes leases at all. */

export const cordoned: Filter = ({ spare }) => {
  if (!spare.cordoned && !spare.hostCordoned) return undefined;
  const what = spare.cordoned ? 'the spare' : `host ${spare.hostName}`;
  return { reason: 'cordoned', detail: `${what} is cordoned` };
};

export const draining: Filter = ({ spare }) =>
  spare.draining
    ? { reason: 'draining', detail: 'the spare is being emptied, or its host is' }
    : undefined;

export const missing: Filter = ({ spare }) =>
  spare.state === 'missing'
    ? {
        reason: 'spare-missing',
        detail: `host ${spare.hostName} no longer reports the disk`,
      }
    : undefined;

export const unhealthy: Filter = ({ spare }) =>
  spare.state === 'failing'
    ? { reason: 'spare-unhealthy', detail: 'the disk reports that it is failing' }
    : undefined;

export const predictedToFail: Filter = ({ spare }) =>
  spare.predictedFailing
    ? { reason: 'predicted-failure', detail: 'its measurements say that the disk will fail' }
    : undefined;
