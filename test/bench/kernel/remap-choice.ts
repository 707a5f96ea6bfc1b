import { seededRandom } from '../../../src/lab/random.js';

/** Distinct blocks at random, in random order; the same for the same seed. */
export function randomBlocks(
  count: number,
  nrBlocks: number,
  seed: number,
  except: ReadonlySet<number> = new Set(),
): number[] {
  const random = seededRandom(seed);
  const chosen = new Set<number>();
  while (chosen.size < count) {
    const block = Math.floor(random() * nrBlocks);
    if (!except.has(block)) chosen.add(block);
  }
  return [...chosen];
}

/** The same items in an order that the seed decides (Fisher and Yates). */
export function shuffled(items: readonly number[], seed: number): number[] {
  const random = seededRandom(seed);
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const moved = result[last] ?? 0;
    result[last] = result[other] ?? 0;
    result[other] = moved;
  }
  return result;
}
