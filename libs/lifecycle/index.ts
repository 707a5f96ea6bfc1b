export * from './delivery.js';
export * from './lease.js';
export * from './life-cycle.js';
export * from './need.js';
export * from './pool.js';
export * from './service.js';
export * from './spare.js';
export * from './target.js';
