import { unhealthyArray } from '../array-health.js';
import { arraysLeaningOn, keysOf, nameOfKey } from '../arrays.js';
import { domainName, ruleOf, sharesReason } from '../domains.js';
import type { Filter } from './filter.js';

/** What must not fail together. */

export const isMainDevice: Filter = ({ spare }, { host, target }) => {
  const user = host.targets.find((t) => t.main.deviceId === spare.deviceId);
  if (user)
    return { reason: 'is-main-device', detail: `it is the main device of target ${user.name}` };
  if (target.main.diskId !== spare.diskId) return undefined;
  return {
    reason: 'is-main-device',
    detail: `it lies on the disk of target ${target.name} itself`,
  };
};

export const sharesDomain: Filter = ({ spare }, { takenDomains }) => {
  const shared = takenDomains(spare);
  if (!shared) return undefined;
  const { level, label } = shared;
  const reason = sharesReason(level);
  return {
    reason,
    detail: `${ruleOf(reason) ?? ''}${level} ${domainName(level, spare)} also serves ${label}`,
  };
};

/** An array that leans on the spare already may have more of it. */
export const blastRadius: Filter = ({ spare }, context) => {
  const { policy, target, host } = context;
  const most = policy.maxArraysPerSpare;
  if (most === null) return undefined;
  const { arraysByTarget } = context;
  const leaning = arraysLeaningOn(spare, host, arraysByTarget);
  const joining = keysOf(target.id, arraysByTarget).filter((key) => !leaning.has(key));
  if (joining.length === 0 || leaning.size + joining.length <= most) return undefined;
  const names = [...leaning].map((key) => nameOfKey(key, host)).sort();
  return {
    reason: 'blast-radius',
    detail: `the policy lets ${most} arrays lean on one spare; on it lean ${names.join(', ') || 'none yet'}`,
  };
};

export const arrayNotHealthy: Filter = (_, { request, target, host }) => {
  const array = request.voluntary ? unhealthyArray(target, host) : undefined;
  if (!array) return undefined;
  const { name, degraded, syncAction } = array;
  return {
    reason: 'array-not-healthy',
    detail: `nothing voluntary while array ${name} has ${degraded} members missing and is in ${syncAction}`,
  };
};
