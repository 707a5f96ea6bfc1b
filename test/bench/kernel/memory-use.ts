import type { Outcomes } from './figures.js';
import { type BenchGuest, type Grant, remapTable } from './guest.js';
import { MILLION } from './leases.js';
import type { Measure } from './measure.js';
import { almostEmpty, grantOf, millionAtRandom, setStage, type Stage } from './stage.js';

const pageBytes = 4096;

/** Memory that nobody uses, with what each CPU keeps for itself; caches are given back first. */
async function freeBytes(guest: BenchGuest): Promise<number> {
  const pages = await guest.run(
    [
      'sleep 2; sync',
      'for round in 1 2 3; do echo 3 > /proc/sys/vm/drop_caches; sleep 1; done',
      `awk '/nr_free_pages|^ +count:/ { n += $2 } END { print n }' /proc/zoneinfo`,
    ].join('\n'),
  );
  return Number(pages) * pageBytes;
}

/** What a target takes of memory: less is free while it is there than before and after. */
async function bytesOf({ guest, main }: Stage, grant: Grant): Promise<number> {
  const before = await freeBytes(guest);
  await guest.mapped('remap-size', remapTable(main, [grant]));
  const during = await freeBytes(guest);
  await guest.remove('remap-size');
  const after = await freeBytes(guest);
  return (before + after) / 2 - during;
}

/** What a remap takes of the kernel's memory: the difference to the same target with one remap. */
export const memoryUse: Measure = {
  name: 'memory',
  figures: ['memory.bytes_per_remap'],
  leases: () => [millionAtRandom(), almostEmpty],
  async run(guest): Promise<Outcomes> {
    const stage = await setStage(guest);
    const one = await grantOf(stage, almostEmpty);
    const full = await grantOf(stage, millionAtRandom());
    await bytesOf(stage, one); // what stays allocated after a first target is none of its memory
    const without = await bytesOf(stage, one);
    const withRemaps = await bytesOf(stage, full);
    return {
      'memory.bytes_per_remap': (withRemaps - without) / (MILLION - 1),
      'memory.mib_1m': withRemaps / (1 << 20),
    };
  },
};
