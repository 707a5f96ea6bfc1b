import { seededRandom } from './seeded.js';

/** What a choice is made by. */
export interface Option {
  score: number;
  quality: number;
  /** How often it is drawn, relative to the others. */
  capacity: number;
}

/** Spares this much worse than the best in quality are not drawn. */
export const QUALITY_BAND = 0.2;

/** Draws one by capacity, never the one excluded; the last one where rounding runs past the end. */
function draw<T extends Option>(options: readonly T[], at: number, excluded?: T): T | undefined {
  let left = 0;
  for (const option of options) if (option !== excluded) left += option.capacity;
  left *= at;
  let drawn: T | undefined;
  for (const option of options) {
    if (option === excluded) continue;
    drawn = option;
    left -= option.capacity;
    if (left < 0) break;
  }
  return drawn;
}

/**
 * Power of two choices: of the options whose quality lies within a band of the best, draws two different
 * ones with probability by capacity and takes the one with the better score, of equals the first drawn. No
 * option is taken more often than it is drawn, about twice its share, so a new empty spare is not stampeded;
 * drawing by capacity lets uneven spares fill at the same rate. Depends on the order of the options.
 */
export function choose<T extends Option>(options: readonly T[], seed: string): T | undefined {
  let best = -Infinity;
  for (const { quality } of options) if (quality > best) best = quality;
  const good = options.filter(({ quality }) => quality >= best - QUALITY_BAND);
  if (good.length < 2) return good[0];
  const random = seededRandom(seed);
  const first = draw(good, random());
  const second = draw(good, random(), first);
  return first && second && second.score > first.score ? second : first;
}
