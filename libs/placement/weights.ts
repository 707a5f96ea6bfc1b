import type { PolicyName, PoolPolicy, ScoreWeights } from '../contract/index.js';

/** The policies that ship. A component of weight 0 does not count. */
const NAMED: Readonly<Record<PolicyName, ScoreWeights>> = {
  'least-utilised': {
    ...{ utilisation: 1, load: 0, endurance: 0, correlation: 0 },
    ...{ fragmentation: 0, locality: 0, blast: 0 },
  },
  balanced: {
    ...{ utilisation: 1, load: 0.5, endurance: 0.5, correlation: 0.5 },
    ...{ fragmentation: 0.25, locality: 0.5, blast: 0.5 },
  },
  'wear-aware': {
    ...{ utilisation: 0.5, load: 0.25, endurance: 2, correlation: 0.5 },
    ...{ fragmentation: 0.25, locality: 0.25, blast: 0.25 },
  },
  spread: {
    ...{ utilisation: 0.5, load: 0.25, endurance: 0.25, correlation: 1 },
    ...{ fragmentation: 0, locality: 0, blast: 2 },
  },
};

/** The weights in force: the named policy's, and the pool's own over them. */
export const weightsOf = ({ name, weights }: PoolPolicy): ScoreWeights => ({
  ...NAMED[name],
  ...weights,
});
