export * from './plan.js';
export type * from './held.js';
