import { fioCommand, replayCommand, replayLog, undisturbedMean } from './fio.js';
import type { Outcomes } from './figures.js';
import { type BenchGuest, remapTable } from './guest.js';
import { BLOCK_SECTORS, layoutOf, type LeasePlan } from './lease-plan.js';
import {
  emptyLease,
  MAIN_MIB,
  MILLION,
  randomLease,
  spacedLease,
  spacingMiB,
  WIDE_MIB,
} from './leases.js';
import type { Measure, Wanted } from './measure.js';
import { randomBlocks } from './remap-choice.js';

const sectorsPerMiB = 2048;
const mainSectors = MAIN_MIB * sectorsPerMiB;
const wideSectors = WIDE_MIB * sectorsPerMiB;
const mainBlocks = mainSectors / BLOCK_SECTORS;

const repeats = 4;
const randomIos = 10_000;
/** 16 times 64 MiB, each with a remap in it. */
const sequentialIos = 1024;

const random = (mode: 'randread' | 'randwrite') => [
  `--rw=${mode}`,
  '--bs=4k',
  `--number_ios=${randomIos}`,
];
/** In one huge page: of small ones, the cost would hang on how many happen to lie side by side. */
const sequential = ['--rw=read', '--bs=1M', `--number_ios=${sequentialIos}`, '--mem=shmhuge'];
const hugePages = 16;

const none = emptyLease('none', 'none', 16_384);
let million: LeasePlan | undefined;
let spaced: LeasePlan | undefined;
const millionAtRandom = () => (million ??= randomLease('random', 'random', MILLION));
const millionSpaced = () => (spaced ??= spacedLease('spaced', 'spaced', MILLION));

const wantsRandom = (wanted: Wanted) =>
  wanted('randread.remaps_1m.over_linear') || wanted('randread.remaps_1m_remapped.over_linear');
const wantsSequential = (wanted: Wanted) => wanted('seqread_1m.remaps_1m.over_linear');

interface Devices {
  readonly guest: BenchGuest;
  readonly main: string;
  readonly linear: string;
  /** What the data of every lease lies on. */
  readonly data: string;
}

async function costOf(guest: BenchGuest, command: string): Promise<number> {
  return undisturbedMean(await guest.fio(command));
}

/** Reads of a spare device while something is measured: proof that it measures what it says. */
async function expectReads<T>(
  guest: BenchGuest,
  spare: string,
  expected: number,
  measured: () => Promise<T>,
): Promise<T> {
  const before = await guest.ioCounts(spare);
  const result = await measured();
  const reads = (await guest.ioCounts(spare)).reads - before.reads;
  if (reads !== expected) throw new Error(`${reads} reads met a remap, not ${expected}`);
  return result;
}

async function withoutRemaps(devices: Devices, wanted: Wanted): Promise<Outcomes> {
  const { guest, main, linear, data } = devices;
  const spare = await guest.spare(none, data, mainSectors);
  const remap = await guest.mapped('remap-none', remapTable(main, [{ plan: none, device: spare }]));
  const outcomes: Outcomes = {};
  for (const mode of ['randread', 'randwrite'] as const) {
    if (!wanted(`${mode}.remaps_0.over_linear`)) continue;
    const cost = (device: string) => costOf(guest, fioCommand(device, random(mode), repeats));
    const [bare, below, above] = [await cost(main), await cost(linear), await cost(remap)];
    outcomes[`${mode}.null_blk`] = bare;
    outcomes[`${mode}.linear`] = below;
    outcomes[`${mode}.remaps_0`] = above;
    outcomes[`${mode}.remaps_0.over_linear`] = above / below;
  }
  await guest.remove('remap-none');
  return outcomes;
}

/**
 * Reads that a log names block by block, so that all of them are of remapped blocks, or none.
 *
 * The spare device is itself a mapped device (BenchGuest.spare), a layer that main does not have. What
 * this layer costs is no cost of the target: a remapped read is compared with the same reads through
 * dm-linear on the same spare device, and what it takes more is put on top of dm-linear on main, as
 * though both devices were bare.
 */
async function withRemaps(devices: Devices): Promise<Outcomes> {
  const { guest, main, linear, data } = devices;
  const plan = millionAtRandom();
  const remapped = new Set(plan.mainBlocks);
  await guest.writeFile(
    '/run/elsewhere.log',
    replayLog(randomBlocks(randomIos, mainBlocks, 3, remapped)),
  );
  await guest.writeFile('/run/remapped.log', replayLog(plan.mainBlocks.slice(0, randomIos)));
  const cost = (device: string, log: string) =>
    costOf(guest, replayCommand(device, `/run/${log}.log`, repeats));

  const spare = await guest.spare(plan, data, mainSectors);
  const overSpare = await guest.linear('linear-spare', spare, mainSectors);
  const remap = await guest.mapped('remap-random', remapTable(main, [{ plan, device: spare }]));
  const below = await cost(linear, 'elsewhere');
  const spareBelow = await cost(overSpare, 'remapped');
  const above = await expectReads(guest, spare, 0, () => cost(remap, 'elsewhere'));
  const spareAbove = await expectReads(guest, spare, repeats * randomIos, () =>
    cost(remap, 'remapped'),
  );
  const moved = below + spareAbove - spareBelow;
  await guest.remove('remap-random');
  return {
    'randread.linear': below,
    'randread.remaps_1m': above,
    'randread.remaps_1m.over_linear': above / below,
    'randread.remaps_1m_remapped': moved,
    'randread.remaps_1m_remapped.over_linear': moved / below,
  };
}

async function sequentially({ guest, data }: Devices): Promise<Outcomes> {
  const plan = millionSpaced();
  await guest.run(`echo ${hugePages} > /proc/sys/vm/nr_hugepages`);
  const main = await guest.nullBlk('wide', { sizeMiB: WIDE_MIB });
  const linear = await guest.linear('linear-wide', main, wideSectors);
  const spare = await guest.spare(plan, data, layoutOf(plan).lengthSectors);
  const remap = await guest.mapped('remap-spaced', remapTable(main, [{ plan, device: spare }]));
  const cost = (device: string) => costOf(guest, fioCommand(device, sequential, repeats));
  const [bare, below] = [await cost(main), await cost(linear)];
  const above = await expectReads(guest, spare, (repeats * sequentialIos) / spacingMiB, () =>
    cost(remap),
  );
  await guest.remove('remap-spaced');
  return {
    'seqread_1m.null_blk': bare,
    'seqread_1m.linear': below,
    'seqread_1m.remaps_1m': above,
    'seqread_1m.remaps_1m.over_linear': above / below,
  };
}

/** Instructions for each I/O, from fio's own completion latency. */
export const ioCost: Measure = {
  name: 'io',
  figures: [
    'randread.remaps_0.over_linear',
    'randwrite.remaps_0.over_linear',
    'randread.remaps_1m.over_linear',
    'randread.remaps_1m_remapped.over_linear',
    'seqread_1m.remaps_1m.over_linear',
  ],
  leases: (wanted) => [
    none,
    ...(wantsRandom(wanted) ? [millionAtRandom()] : []),
    ...(wantsSequential(wanted) ? [millionSpaced()] : []),
  ],
  async run(guest, wanted) {
    const main = await guest.nullBlk('main', { sizeMiB: MAIN_MIB });
    const data = await guest.nullBlk('data', { sizeMiB: MAIN_MIB });
    const linear = await guest.linear('linear-main', main, mainSectors);
    const devices = { guest, main, linear, data };
    return {
      ...(await withoutRemaps(devices, wanted)),
      ...(wantsRandom(wanted) ? await withRemaps(devices) : {}),
      ...(wantsSequential(wanted) ? await sequentially(devices) : {}),
    };
  },
};
