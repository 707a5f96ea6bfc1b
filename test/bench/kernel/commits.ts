import { parseStatus } from '../../../libs/dm-table/index.js';
import { fioCommand } from './fio.js';
import type { Outcomes } from './figures.js';
import { type BenchGuest, remapTable } from './guest.js';
import { layoutOf, type LeasePlan } from './lease-plan.js';
import { emptyLease } from './leases.js';
import type { Measure } from './measure.js';

const mainMiB = 1024;
/** Writes to the first of it fail; the rest answers, so that it is not taken for dead. */
const failingMiB = 16;
const leaseBlocks = 8192;
const writes = 1024;
const depth = 32;

const oneAfterAnother = ['--rw=write', '--bs=4k', `--size=${writes * 4}k`];
/** Hands in 32 writes at once and waits for all of them. */
const concurrently = [
  ...oneAfterAnother,
  '--ioengine=libaio',
  `--iodepth=${depth}`,
  `--iodepth_batch_submit=${depth}`,
  `--iodepth_batch_complete_min=${depth}`,
];

interface Commits {
  readonly writes: number;
  readonly flushes: number;
}

async function remapsOf(guest: BenchGuest, name: string): Promise<number> {
  const line = await guest.run(`dmsetup status ${name}`);
  const status = parseStatus(line.split(' ').slice(3).join(' ')); // start, length and type come first
  if (!status.ok) throw new Error(status.message);
  return status.value.remaps;
}

/** What the spare device is asked to do for each block that is remapped because its write failed. */
async function commitsOf(
  guest: BenchGuest,
  plan: LeasePlan,
  failing: string,
  load: readonly string[],
): Promise<Commits> {
  const { lengthSectors } = layoutOf(plan);
  // A device that takes its time, as disks do, so that failures gather while one is dealt with; and that
  // has a cache, so that flushes reach it.
  const spare = await guest.nullBlk(plan.name, {
    sizeMiB: Math.ceil(lengthSectors / 2048),
    memoryBacked: true,
    completionNs: 100_000,
    cacheMiB: 1,
  });
  await guest.copyMetadata(plan, spare);
  const name = `remap-${plan.name}`;
  const device = await guest.mapped(name, remapTable(failing, [{ plan, device: spare }]));
  const before = await guest.ioCounts(spare);
  await guest.fio(fioCommand(device, load));
  const after = await guest.ioCounts(spare);
  const remaps = await remapsOf(guest, name);
  if (remaps !== writes) throw new Error(`${remaps} blocks were remapped, not ${writes}`);
  await guest.remove(name);
  return {
    writes: (after.writes - before.writes) / remaps,
    flushes: (after.flushes - before.flushes) / remaps,
  };
}

const single = emptyLease('single', 'single', leaseBlocks, mainMiB);
const concurrent = emptyLease('concurrent', 'concurrent', leaseBlocks, mainMiB);

/** Writes that fail on the main device, one by one and many at a time. */
export const commits: Measure = {
  name: 'commits',
  figures: ['remap.writes_per_commit'],
  leases: () => [single, concurrent],
  async run(guest): Promise<Outcomes> {
    const whole = await guest.nullBlk('whole', { sizeMiB: mainMiB });
    const failing = await guest.mapped(
      'failing',
      `0 ${failingMiB * 2048} error`,
      `${failingMiB * 2048} ${(mainMiB - failingMiB) * 2048} linear ${whole} 0`,
    );
    const alone = await commitsOf(guest, single, failing, oneAfterAnother);
    const together = await commitsOf(guest, concurrent, failing, concurrently);
    return {
      'remap.writes_per_commit': alone.writes,
      'remap.flushes_per_commit': alone.flushes,
      'remap.writes_per_commit_concurrent': together.writes,
    };
  },
};
