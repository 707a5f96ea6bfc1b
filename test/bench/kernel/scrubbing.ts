import { fioCommand } from './fio.js';
import type { Outcomes } from './figures.js';
import { type BenchGuest, remapTable } from './guest.js';
import { layoutOf, type LeasePlan } from './lease-plan.js';
import { emptyLease } from './leases.js';
import type { Measure } from './measure.js';

const mainMiB = 64 * 1024;
const fast = emptyLease('fast', 'fast', 1024, mainMiB);
const slow = emptyLease('slow', 'slow', 1024, mainMiB);

async function p99(guest: BenchGuest, device: string, seconds: number) {
  const load = ['--rw=randread', '--bs=4k', '--time_based', `--runtime=${seconds}`];
  const [result] = await guest.fio(fioCommand(device, load));
  if (!result) throw new Error('fio ran no job');
  return result;
}

/** How much longer reads take while the target is scrubbed, on a disk that does one command at a time. */
async function scrubbed(
  guest: BenchGuest,
  plan: LeasePlan,
  commandUs: number,
  seconds: number,
): Promise<number> {
  const disk = await guest.nullBlk(plan.name, {
    sizeMiB: mainMiB,
    completionNs: commandUs * 1000,
    commandsAtOnce: 1,
  });
  const spare = await guest.spare(plan, disk, layoutOf(plan).lengthSectors);
  const name = `remap-${plan.name}`;
  const device = await guest.mapped(name, remapTable(disk, [{ plan, device: spare }]));
  const idle = await p99(guest, device, seconds);
  const before = await guest.ioCounts(disk);
  await guest.run(`dmsetup message ${name} 0 scrub start`);
  const busy = await p99(guest, device, seconds);
  const { reads } = await guest.ioCounts(disk);
  await guest.run(`dmsetup message ${name} 0 scrub stop`);
  if (reads - before.reads <= busy.ios) throw new Error('nothing was scrubbed meanwhile');
  return busy.p99 / idle.p99;
}

/** What reads notice of the scrubber, on a fast disk and on a spinning one. */
export const scrubbing: Measure = {
  name: 'scrub',
  figures: ['scrub.foreground_p99_over_idle'],
  leases: () => [fast, slow],
  async run(guest): Promise<Outcomes> {
    return {
      'scrub.foreground_p99_over_idle': await scrubbed(guest, fast, 130, 10),
      'scrub.foreground_p99_over_idle_spinning': await scrubbed(guest, slow, 5000, 60),
    };
  },
};
