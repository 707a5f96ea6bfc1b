/** `count` sectors of 512 bytes from `start`. */
export interface SectorRange {
  readonly start: number;
  readonly count: number;
}

const endOf = ({ start, count }: SectorRange) => start + count;

/** The same sectors as sorted ranges that neither touch nor overlap. */
export function normalise(ranges: readonly SectorRange[]): SectorRange[] {
  const result: SectorRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (range.count <= 0) continue;
    if (last && range.start <= endOf(last)) {
      const end = Math.max(endOf(last), endOf(range));
      result[result.length - 1] = { start: last.start, count: end - last.start };
    } else {
      result.push(range);
    }
  }
  return result;
}

export function subtract(ranges: readonly SectorRange[], hole: SectorRange): SectorRange[] {
  return normalise(
    ranges.flatMap((range) => [
      { start: range.start, count: Math.min(endOf(range), hole.start) - range.start },
      {
        start: Math.max(range.start, endOf(hole)),
        count: endOf(range) - Math.max(range.start, endOf(hole)),
      },
    ]),
  );
}

export function sectorCount(ranges: readonly SectorRange[]): number {
  return ranges.reduce((sum, { count }) => sum + count, 0);
}

/** `A+N` or `A` (one sector); nothing for anything else. */
export function parseSectorRange(text: string): SectorRange | undefined {
  const match = /^(\d+)(?:\+(\d+))?$/.exec(text);
  if (!match) return undefined;
  const range = { start: Number(match[1]), count: Number(match[2] ?? 1) };
  return range.count > 0 ? range : undefined;
}
