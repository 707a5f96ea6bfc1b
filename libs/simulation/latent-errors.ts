import { atLeastTwo, below, exponential, heavyTailed, type Random } from './draws.js';
import {
  DECLINE_HOURS,
  ERRORS_SHAPE,
  HOURS_A_YEAR,
  MEAN_CLUSTER,
  MOST_ERRORS,
  NEIGHBOURHOOD_BYTES,
  SCRUB_HOURS,
  SHARE_WITH_NEIGHBOUR,
} from './rates.js';

export const BLOCK_BYTES = 4096;
const NEIGHBOURHOOD_BLOCKS = Math.floor(NEIGHBOURHOOD_BYTES / BLOCK_BYTES);

/** Of all places where errors are, so that the given share of the errors lies in one of several. */
const SHARE_OF_CLUSTERS =
  SHARE_WITH_NEIGHBOUR / (SHARE_WITH_NEIGHBOUR + (1 - SHARE_WITH_NEIGHBOUR) * MEAN_CLUSTER);

/** Blocks that are found bad at the same time. */
export interface Burst {
  atHours: number;
  blocks: number[];
}

/** The blocks of one place: one, or several within 10 MB of each other. */
function place(random: Random, blocks: number, most: number): number[] {
  const size = random() < SHARE_OF_CLUSTERS ? Math.min(most, atLeastTwo(random, MEAN_CLUSTER)) : 1;
  const first = below(random, Math.max(1, blocks - NEIGHBOURHOOD_BLOCKS));
  return Array.from({ length: size }, (_, i) =>
    i === 0 ? first : first + below(random, Math.min(blocks, NEIGHBOURHOOD_BLOCKS)),
  );
}

/** When errors of a drive are found: with a scrub each, in the year from its first. */
function passes(random: Random, firstHours: number): number[] {
  const times = [firstHours];
  for (let at = firstHours + SCRUB_HOURS; at < firstHours + DECLINE_HOURS; at += SCRUB_HOURS)
    if (random() < 0.5) times.push(at);
  return times;
}

/**
 * The latent errors of one drive from when it is put in until the end, by time. Most drives have none; those
 * that have some have them in few places and at few times, and a few drives have thousands. A block may be
 * listed twice.
 */
export function latentErrors(
  random: Random,
  { bytes, onsetsAYear }: { bytes: number; onsetsAYear: number },
  fromHours: number,
  untilHours: number,
): Burst[] {
  const firstHours = fromHours + exponential(random, HOURS_A_YEAR / onsetsAYear);
  if (firstHours >= untilHours) return [];
  const blocks = Math.floor(bytes / BLOCK_BYTES);
  const bursts = passes(random, firstHours).map((atHours): Burst => ({ atHours, blocks: [] }));
  let left = heavyTailed(random, ERRORS_SHAPE, MOST_ERRORS);
  for (let isFirst = true; left > 0; isFirst = false) {
    const found = place(random, blocks, left);
    left -= found.length;
    bursts[isFirst ? 0 : below(random, bursts.length)]?.blocks.push(...found);
  }
  return bursts.filter((burst) => burst.atHours < untilHours && burst.blocks.length > 0);
}
