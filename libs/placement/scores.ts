import type { PoolPolicy, ScoreComponent, ScoreWeights } from '../contract/index.js';
import { arraysLeaningOn, keysOf } from './arrays.js';
import type { PlanContext } from './context.js';
import { likeness } from './likeness.js';
import type { Prospect } from './prospect.js';
import type { SpareFact } from './snapshot.js';

/** What a component is when the facts for it are not known. */
const NEUTRAL = 0.5;
const HOURS_A_DAY = 24;

const share = (value: number) => Math.min(1, Math.max(0, value));

/** Share of the rated endurance that is left when the policy's horizon has passed. */
function endurance(spare: SpareFact, { horizonDays }: PoolPolicy): number {
  const { percentageUsed, wearPercentPerDay, powerOnHours } = spare;
  if (percentageUsed === null) return NEUTRAL;
  // Without a measured trend the average of its life so far is the best guess.
  const days = (powerOnHours ?? 0) / HOURS_A_DAY;
  const perDay = wearPercentPerDay ?? (days >= 1 ? percentageUsed / days : 0);
  return share((100 - percentageUsed - perDay * horizonDays) / 100);
}

function blast({ spare }: Prospect, { target, host, arraysByTarget }: PlanContext): number {
  const leaning = arraysLeaningOn(spare, host, arraysByTarget);
  for (const key of keysOf(target.id, arraysByTarget)) leaning.add(key);
  return 1 / leaning.size;
}

function fragmentation({ space }: Prospect, lengthSectors: number): number {
  const left = space.freeSectors - lengthSectors;
  return left > 0 ? space.largestGapAfter / left : 1;
}

/** Each is 0 to 1 and higher is better; the grant is taken as made. */
const COMPONENTS: Readonly<
  Record<ScoreComponent, (prospect: Prospect, context: PlanContext) => number>
> = {
  utilisation: (prospect) => share(1 - prospect.utilisationAfter),
  load: ({ spare }) => (spare.busyPercent === null ? NEUTRAL : share(1 - spare.busyPercent / 100)),
  endurance: ({ spare }, { policy }) => endurance(spare, policy),
  correlation: ({ spare }, { target }) => 1 - likeness(spare, target.main),
  fragmentation: (prospect, { request }) => fragmentation(prospect, request.lengthSectors),
  locality: ({ spare }, { target }) => (spare.hostId === target.hostId ? 1 : 0),
  blast,
};

/**
 * What the grant itself changes from one need to the next: it decides between two spares, not which spares
 * are good enough to be drawn.
 */
const IS_FILLING: ReadonlySet<string> = new Set<ScoreComponent>([
  'utilisation',
  'fragmentation',
  'blast',
]);

export interface Score {
  /** Weighted mean of all components that count. */
  score: number;
  /** Weighted mean without utilisation, fragmentation and blast. */
  quality: number;
  /** Those with a weight. */
  components: Partial<Record<ScoreComponent, number>>;
}

/** A way to score spares, with what only depends on the weights worked out. */
export function scorer(weights: ScoreWeights): (prospect: Prospect, context: PlanContext) => Score {
  const counting = (Object.keys(COMPONENTS) as ScoreComponent[])
    .filter((name) => weights[name] > 0)
    .map((name) => ({ name, weight: weights[name], measure: COMPONENTS[name] }));
  const sum = (parts: typeof counting) => parts.reduce((total, { weight }) => total + weight, 0);
  const whole = sum(counting);
  const lasting = sum(counting.filter(({ name }) => !IS_FILLING.has(name)));
  return (prospect, context) => {
    const components: Score['components'] = {};
    let score = 0;
    let quality = 0;
    for (const { name, weight, measure } of counting) {
      const value = measure(prospect, context);
      components[name] = value;
      score += weight * value;
      if (!IS_FILLING.has(name)) quality += weight * value;
    }
    return {
      score: whole > 0 ? score / whole : 0,
      quality: lasting > 0 ? quality / lasting : 0,
      components,
    };
  };
}
