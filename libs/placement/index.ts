export { unhealthyArray } from './array-health.js';
export { arraysLeaningOn, arraysOf, redundancyLeft, type ArrayKey } from './arrays.js';
export { ruleOf } from './domains.js';
export { chooseExtent, freeExtents, giveExtent, lendableSectors, takeExtent } from './extents.js';
export {
  applyGrant,
  applyGrantElsewhere,
  applyRelease,
  leanOn,
  leasedSectors,
  type Placement,
} from './grants.js';
export { leaseLength, type Demand } from './lease-length.js';
export { plan, type Plan } from './plan.js';
export { retryAfterMs } from './retry.js';
export type * from './snapshot.js';
export { unmetReason } from './unmet.js';
export { compareNeeds, needPriority, type NeedPressure, type Urgency } from './urgency.js';
export { weightsOf } from './weights.js';
export {
  coverage,
  hostCoverage,
  mergeCoverage,
  type HostBooks,
  type TargetBooks,
} from './coverage/index.js';
