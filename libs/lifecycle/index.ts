export * from './lease.js';
export * from './life-cycle.js';
export * from './need.js';
