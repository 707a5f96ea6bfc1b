export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** The most that it may be; without one it is there to explain the others. */
  readonly bar?: number;
}

/** Every figure of the benchmark, in the order of the table. */
export const figures = [
  { name: 'randread.remaps_0.over_linear', unit: 'ratio', bar: 1.015 },
  { name: 'randwrite.remaps_0.over_linear', unit: 'ratio', bar: 1.015 },
  { name: 'randread.remaps_1m.over_linear', unit: 'ratio', bar: 1.04 },
  { name: 'randread.remaps_1m_remapped.over_linear', unit: 'ratio', bar: 1.06 },
  { name: 'seqread_1m.remaps_1m.over_linear', unit: 'ratio', bar: 1.05 },
  { name: 'memory.bytes_per_remap', unit: 'bytes', bar: 48 },
  { name: 'load.over_sequential_read', unit: 'ratio', bar: 3 },
  { name: 'reload.stall_ms_1m', unit: 'ms', bar: 10 },
  { name: 'remap.writes_per_commit', unit: 'writes', bar: 2 },
  { name: 'scrub.foreground_p99_over_idle', unit: 'ratio', bar: 1.1 },

  { name: 'randread.null_blk', unit: 'instructions' },
  { name: 'randread.linear', unit: 'instructions' },
  { name: 'randread.remaps_0', unit: 'instructions' },
  { name: 'randread.remaps_1m', unit: 'instructions' },
  { name: 'randread.remaps_1m_remapped', unit: 'instructions' },
  { name: 'randwrite.null_blk', unit: 'instructions' },
  { name: 'randwrite.linear', unit: 'instructions' },
  { name: 'randwrite.remaps_0', unit: 'instructions' },
  { name: 'seqread_1m.null_blk', unit: 'instructions' },
  { name: 'seqread_1m.linear', unit: 'instructions' },
  { name: 'seqread_1m.remaps_1m', unit: 'instructions' },
  { name: 'memory.mib_1m', unit: 'MiB' },
  { name: 'load.seconds_1m', unit: 'seconds' },
  { name: 'load.sequential_read_seconds', unit: 'seconds' },
  { name: 'load.seconds_1m_in_memory', unit: 'seconds' },
  { name: 'load.over_sequential_read_in_memory', unit: 'ratio' },
  { name: 'load.reads_per_metadata_sector', unit: 'reads' },
  { name: 'reload.stall_ms_linear', unit: 'ms' },
  { name: 'reload.stall_ms_added', unit: 'ms' },
  { name: 'remap.writes_per_commit_concurrent', unit: 'writes' },
  { name: 'remap.flushes_per_commit', unit: 'flushes' },
  { name: 'scrub.foreground_p99_over_idle_spinning', unit: 'ratio' },
] as const satisfies readonly Figure[];

export type FigureName = (typeof figures)[number]['name'];

/** A measured value, or why there is none. */
export type Outcome = number | { readonly missing: string };
export type Outcomes = Partial<Record<FigureName, Outcome>>;

const digits: Readonly<Record<string, number>> = {
  ratio: 4,
  instructions: 1,
  bytes: 1,
  MiB: 1,
  seconds: 4,
};

function shown(value: number, unit: string): string {
  return value.toFixed(digits[unit] ?? 3);
}

function verdict(value: number, bar: number | undefined): string {
  if (bar === undefined) return '';
  return value <= bar ? 'met' : 'MISSED';
}

/** The figures that were asked for, as lines of text in columns. */
export function renderTable(outcomes: Outcomes): string {
  const rows = figures.flatMap((figure: Figure): string[][] => {
    const outcome = outcomes[figure.name as FigureName];
    if (outcome === undefined) return [];
    const bar = figure.bar === undefined ? '' : String(figure.bar);
    if (typeof outcome !== 'number') return [[figure.name, '-', bar, figure.unit, outcome.missing]];
    const value = shown(outcome, figure.unit);
    return [[figure.name, value, bar, figure.unit, verdict(outcome, figure.bar)]];
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
export function jsonFigures(outcomes: Outcomes): JsonFigure[] {
  return figures.flatMap(({ name, unit }) => {
    const value = outcomes[name];
    return typeof value === 'number' ? [{ name, unit, value }] : [];
  });
}
