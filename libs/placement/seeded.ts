/** A repeatable stream of numbers in [0, 1) from a text seed (FNV-1a into mulberry32). */
export function seededRandom(seed: string): () => number {
  let state = 0x811c9dc5;
  for (const char of seed) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Power of two choices: draw two different items, keep the better; of equals the first drawn. */
export function betterOfTwo<T extends { score: number }>(
  items: readonly T[],
  random: () => number,
): T | undefined {
  if (items.length < 2) return items[0];
  const first = Math.floor(random() * items.length);
  const second = (first + 1 + Math.floor(random() * (items.length - 1))) % items.length;
  const [a, b] = [items[first], items[second]];
  return a && b && b.score > a.score ? b : a;
}
