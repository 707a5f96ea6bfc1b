import { z } from 'zod';

const side = z.object({
  total_ios: z.number(),
  clat_ns: z.object({
    mean: z.number(),
    max: z.number(),
    percentile: z.record(z.string(), z.number()).optional(),
  }),
});

const output = z.object({
  jobs: z.array(z.object({ error: z.number(), read: side, write: side })).nonempty(),
});

export interface FioResult {
  readonly ios: number;
  /** Completion latency in nanoseconds; on the instruction clock, in instructions. */
  readonly mean: number;
  readonly max: number;
  readonly p99: number;
}

export class FioError extends Error {}

function resultOf(job: z.infer<typeof output>['jobs'][number]): FioResult {
  if (job.error !== 0) throw new FioError(`fio ended with error ${job.error}`);
  const used = job.read.total_ios > 0 ? job.read : job.write;
  if (used.total_ios === 0) throw new FioError('fio did no I/O');
  const { mean, max, percentile } = used.clat_ns;
  return { ios: used.total_ios, mean, max, p99: percentile?.['99.000000'] ?? Number.NaN };
}

/** What each job of a run with `--output-format=json` says of the direction that it used. */
export function parseFio(text: string): FioResult[] {
  const start = text.indexOf('{');
  if (start < 0) throw new FioError(`fio printed no result: ${text.trim()}`);
  return output.parse(JSON.parse(text.slice(start))).jobs.map(resultOf);
}

/**
 * What an I/O costs by itself. What else a kernel does now and then can only add to a mean, so of
 * equal jobs the one with the lowest counts.
 */
export function undisturbedMean(results: readonly FioResult[]): number {
  return Math.min(...results.map(({ mean }) => mean));
}

/** A job that replays single reads, one after another, on whatever device it is given. */
export function replayLog(blocks: readonly number[]): string {
  const name = '/dev/main';
  const reads = blocks.map((block) => `${name} read ${block * 4096} 4096`);
  return ['fio version 2 iolog', `${name} add`, `${name} open`, ...reads, `${name} close`, ''].join(
    '\n',
  );
}

const always = [
  'fio',
  '--ioengine=psync',
  '--direct=1',
  '--thread',
  '--norandommap',
  '--randseed=42',
  '--output-format=json',
];

/** Equal jobs, one after another. */
const jobs = (count: number) =>
  Array.from({ length: count }, (_, index) => `--name=job${index} --stonewall`);

export function fioCommand(device: string, options: readonly string[], count = 1): string {
  return [...always, ...options, `--filename=${device}`, ...jobs(count)].join(' ');
}

export function replayCommand(device: string, log: string, count: number): string {
  return fioCommand(
    device,
    [`--read_iolog=${log}`, `--replay_redirect=${device}`, '--replay_no_stall=1'],
    count,
  );
}
