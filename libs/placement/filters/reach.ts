import type { Filter } from './filter.js';

/** Whom the pool serves, and across what distance. */

export const onOtherHost: Filter = ({ spare }, { policy, target }) =>
  policy.locality === 'local-only' && spare.hostId !== target.hostId
    ? {
        reason: 'other-host',
        detail: `it is on host ${spare.hostName}; the policy admits spares of the target's own host only`,
      }
    : undefined;

export const notDedicated: Filter = (_, { policy, pool, target }) =>
  policy.scope === 'dedicated' && !policy.dedicatedTo.includes(target.id)
    ? {
        reason: 'not-dedicated-to-target',
        detail: `pool ${pool.name} is dedicated to other targets than ${target.name}`,
      }
    : undefined;

export const inOtherChassis: Filter = ({ spare }, { policy, target }) => {
  if (policy.scope !== 'chassis') return undefined;
  const theirs = spare.domains.enclosure;
  const ours = target.main.domains.enclosure;
  if (theirs !== undefined && theirs === ours) return undefined;
  return {
    reason: 'wrong-chassis',
    detail: `the policy keeps spares in the enclosure of the main device: it sits in ${theirs ?? 'an unknown one'}, that of target ${target.name} in ${ours ?? 'an unknown one'}`,
  };
};
