export { lendableSectors } from './extents.js';
export { plan, type Placement, type Plan } from './plan.js';
export type * from './snapshot.js';
export { unmetReason } from './unmet.js';
