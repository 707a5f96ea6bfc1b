import type { Filter } from './filter.js';

/** How much may be taken. */

export const noSpace: Filter = ({ space }, { request }) =>
  space.extent
    ? undefined
    : {
        reason: 'no-contiguous-space',
        detail: `${request.lengthSectors} sectors asked, the largest free extent has ${space.largestGap}`,
      };

export const reserveKept: Filter = (prospect, { request, policy: { reservePercent } }) => {
  if (reservePercent === 0 || request.priority === 'urgent') return undefined;
  const { lendableSectors } = prospect.spare;
  const lent = prospect.leasedSectors + request.lengthSectors;
  if (lent * 100 <= lendableSectors * (100 - reservePercent)) return undefined;
  const left = (100 * (lendableSectors - lent)) / lendableSectors;
  return {
    reason: 'reserve-kept',
    detail: `the grant would leave ${left.toFixed(1)}% of it free; ${reservePercent}% is kept for urgent needs`,
  };
};

export const hostGrantLimit: Filter = (_, context) => {
  const most = context.policy.maxGrantsPerHostPerHour;
  if (most === null || context.grantsWithinHour < most) return undefined;
  return {
    reason: 'host-grant-limit',
    detail: `targets of the host were granted ${context.grantsWithinHour} leases within the hour; the policy allows ${most}`,
  };
};

export const poolGrantLimit: Filter = (_, { pool, policy: { maxGrantsPerHour: most } }) =>
  most === null || pool.grants < most
    ? undefined
    : {
        reason: 'pool-grant-limit',
        detail: `pool ${pool.name} granted ${pool.grants} leases within the hour; its policy allows ${most}`,
      };
