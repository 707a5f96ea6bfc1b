import { jsonOf, tableOf, type Figure, type JsonFigure, type Outcome } from '../report.js';

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

export type Outcomes = Partial<Record<FigureName, Outcome>>;

export const renderTable = (outcomes: Outcomes): string => tableOf(figures, outcomes);
export const jsonFigures = (outcomes: Outcomes): JsonFigure[] => jsonOf(figures, outcomes);
