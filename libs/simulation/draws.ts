import { seededRandom } from '../placement/seeded.js';

/** A repeatable stream of numbers in [0, 1). */
export type Random = () => number;

/**
 * The stream of one thing of the fleet, named by what it is. Each thing has its own, so that nothing that
 * happens to one changes what happens to another.
 */
export const streamOf = (seed: number, ...name: readonly (string | number)[]): Random =>
  seededRandom(`${seed}/${name.join('/')}`);

export const exponential = (random: Random, mean: number): number => -mean * Math.log(1 - random());

/** Whole, with P(at least n) = n^-shape for every n from 1 to the most. */
export const heavyTailed = (random: Random, shape: number, most: number): number =>
  Math.min(most, Math.floor((1 - random()) ** (-1 / shape)));

/** With the mean 1. */
export function logNormal(random: Random, spread: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  const normal = radius * Math.cos(2 * Math.PI * random());
  return Math.exp(spread * normal - (spread * spread) / 2);
}

/** At least 2, with that mean. */
export function atLeastTwo(random: Random, mean: number): number {
  const more = mean - 2;
  return more <= 0 ? 2 : 2 + Math.floor(Math.log(1 - random()) / Math.log(more / (more + 1)));
}

export const between = (random: Random, least: number, most: number): number =>
  least + (most - least) * random();

export const below = (random: Random, bound: number): number => Math.floor(random() * bound);

export function oneOf<T>(random: Random, of: readonly [T, ...T[]]): T {
  return of[below(random, of.length)] ?? of[0];
}
