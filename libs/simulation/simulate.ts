import type { ShortfallReason } from '../contract/index.js';
import { figuresOf, type Figures } from './figures.js';
import { count, NOTHING, type Happened } from './happened.js';
import { historyOf } from './history.js';
import { HostRun } from './host-run.js';
import type { Contender, FleetOptions } from './options.js';
import { Tally } from './tally.js';

export interface Outcome {
  label: string;
  figures: Figures;
  /** Of the needs that were not met at once: what spoke against most of the spares, most frequent first. */
  unmetFor: { reason: ShortfallReason; needs: number }[];
}

export interface SimulationResult {
  fleet: FleetOptions;
  happened: Happened;
  outcomes: Outcome[];
}

/**
 * Runs the fleet once for each policy, on the same failures. Spares serve the targets of their own host, so
 * hosts do not depend on each other and are run one after another, each from the first day to the last; a
 * fleet of any size takes the memory of one host. The same options and policies give the same result.
 */
export function simulate(
  fleet: FleetOptions,
  contenders: readonly Contender[],
  onProgress: (hostsDone: number) => void = () => undefined,
): SimulationResult {
  const happened = { ...NOTHING };
  const tallies = contenders.map(() => new Tally());
  for (let index = 0; index < fleet.hosts; index += 1) {
    const history = historyOf(fleet, index);
    count(happened, history);
    contenders.forEach(({ label, policy }, n) => {
      try {
        tallies[n]?.add(new HostRun(history, policy, fleet.seed).run());
      } catch (error) {
        throw new Error(`host ${history.layout.name} under policy ${label}`, { cause: error });
      }
    });
    onProgress(index + 1);
  }
  const outcomes = contenders.map(({ label }, n) => outcomeOf(label, tallies[n] ?? new Tally()));
  return { fleet, happened, outcomes };
}

const outcomeOf = (label: string, tally: Tally): Outcome => ({
  label,
  figures: figuresOf(tally),
  unmetFor: [...tally.unmetFor]
    .map(([reason, needs]) => ({ reason, needs }))
    .sort((a, b) => b.needs - a.needs || (a.reason < b.reason ? -1 : 1)),
});
