export * from './check-lease.js';
export * from './check-strays.js';
export * from './check-targets.js';
export * from './dump-lease.js';
export type { LeasePlace } from './finding-list.js';
