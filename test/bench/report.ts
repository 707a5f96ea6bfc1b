export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** The most that it may be. A figure without a bar is there to explain the others. */
  readonly bar?: number;
  /** The least that it may be. */
  readonly floor?: number;
}

/** A measured value, or why there is none. */
export type Outcome = number | { readonly missing: string };
type Outcomes = Readonly<Partial<Record<string, Outcome>>>;

const digits: Readonly<Record<string, number>> = {
  ratio: 4,
  instructions: 1,
  bytes: 1,
  MiB: 1,
  seconds: 4,
  'per second': 0,
  hosts: 0,
  'us each': 1,
  percent: 3,
};

function shown(value: number, unit: string): string {
  return value.toFixed(digits[unit] ?? 3);
}

function barOf({ bar, floor }: Figure): string {
  if (floor !== undefined) return `>= ${floor}`;
  return bar === undefined ? '' : String(bar);
}

function verdict(value: number, { bar = Infinity, floor = -Infinity }: Figure): string {
  if (bar === Infinity && floor === -Infinity) return '';
  return value <= bar && value >= floor ? 'met' : 'MISSED';
}

/** The figures that were asked for, as lines of text in columns. */
export function tableOf(figures: readonly Figure[], outcomes: Outcomes): string {
  const rows = figures.flatMap((figure): string[][] => {
    const outcome = outcomes[figure.name];
    if (outcome === undefined) return [];
    const bar = barOf(figure);
    if (typeof outcome !== 'number') return [[figure.name, '-', bar, figure.unit, outcome.missing]];
    const value = shown(outcome, figure.unit);
    return [[figure.name, value, bar, figure.unit, verdict(outcome, figure)]];
  });
  const table = [['name', 'value', 'bar', 'unit', ''], ...rows];
  const width = (column: number) => Math.max(...table.map((row) => row[column]?.length ?? 0));
  const [name, value, bar, unit] = [width(0), width(1), width(2), width(3)];
  return table
    .map((row) =>
      [
        row[0]?.padEnd(name),
        row[1]?.padStart(value),
        row[2]?.padStart(bar),
        row[3]?.padEnd(unit),
        row[4],
      ]
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export interface JsonFigure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}

/** What was measured, for programs; what is missing is not in it. */
export function jsonOf(figures: readonly Figure[], outcomes: Outcomes): JsonFigure[] {
  return figures.flatMap(({ name, unit }) => {
    const value = outcomes[name];
    return typeof value === 'number' ? [{ name, unit, value }] : [];
  });
}
