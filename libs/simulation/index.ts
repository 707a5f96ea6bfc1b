export type { Figures } from './figures.js';
export type { Happened } from './happened.js';
export { DEFAULT_FLEET, type Contender, type FleetOptions } from './options.js';
export { simulate, type Outcome, type SimulationResult } from './simulate.js';
