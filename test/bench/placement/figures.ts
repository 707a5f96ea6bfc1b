import { jsonOf, tableOf, type Figure, type JsonFigure, type Outcome } from '../report.js';

/** Every figure of the benchmark, in the order of the table. */
export const figures = [
  { name: 'placement.durable_per_s', unit: 'per second', floor: 4000 },
  { name: 'placement.over_floor', unit: 'ratio', floor: 0.5 },
  { name: 'placement.cost_50k_over_5k_spares', unit: 'ratio', bar: 1.3 },
  { name: 'placement.p99_ms_at_500_per_s', unit: 'ms', bar: 50 },
  { name: 'balance.stddev_percent', unit: 'percent', bar: 1 },
  { name: 'balance.over_optimum', unit: 'ratio', bar: 1.02 },
  { name: 'gateway.hosts', unit: 'hosts', floor: 10_000 },
  { name: 'gateway.report_p99_ms', unit: 'ms', bar: 100 },
  { name: 'gateway.memory_mib', unit: 'MiB', bar: 1024 },
  { name: 'gateway.fanout_p99_ms', unit: 'ms', bar: 250 },
  { name: 'boot.seconds', unit: 'seconds', bar: 15 },

  { name: 'gateway.reports_per_s', unit: 'per second' },
  { name: 'gateway.fanout_p50_ms', unit: 'ms' },
  { name: 'placement.floor_per_s', unit: 'per second' },
  { name: 'placement.durable_per_s_5k_spares', unit: 'per second' },
  { name: 'placement.p50_ms_at_500_per_s', unit: 'ms' },
  { name: 'placement.postgres_cpu_us', unit: 'us each' },
  { name: 'placement.manager_cpu_us', unit: 'us each' },
  { name: 'placement.floor_postgres_cpu_us', unit: 'us each' },
] as const satisfies readonly Figure[];

export type FigureName = (typeof figures)[number]['name'];
export type Outcomes = Partial<Record<FigureName, Outcome>>;

export const renderTable = (outcomes: Outcomes): string => tableOf(figures, outcomes);
export const jsonFigures = (outcomes: Outcomes): JsonFigure[] => jsonOf(figures, outcomes);
