import { fioCommand, undisturbedMean } from './fio.js';
import type { Outcomes } from './figures.js';
import { type BenchGuest, type Grant, remapTable } from './guest.js';
import { layoutOf, type LeasePlan } from './lease-plan.js';
import type { Measure } from './measure.js';
import { almostEmpty, grantOf, millionAtRandom, setStage, type Stage } from './stage.js';

const attempts = 3;

/**
 * dmsetup and its libraries in memory. The guest's other programs are files of the machine, which takes
 * its time to open one, and while the guest waits its clock runs ahead.
 */
const dmsetupInMemory = [
  'mkdir -p /run/bin',
  `cp -L $(command -v dmsetup) $(ldd $(command -v dmsetup) | grep -o '/[^ ]*') /run/bin`,
].join('\n');
const dmsetup =
  'LC_ALL=C /run/bin/ld-linux-x86-64.so.2 --inhibit-cache --library-path /run/bin /run/bin/dmsetup';

/** Seconds that it takes to make a target; what else happens can only add to a time. */
async function secondsToCreate({ guest, main }: Stage, grant: Grant): Promise<number> {
  await guest.writeFile('/run/table', `${remapTable(main, [grant])}\n`);
  const script = [
    'sleep 2',
    'start=${EPOCHREALTIME/./}',
    `${dmsetup} create --noudevsync remap-load /run/table`,
    'echo $((${EPOCHREALTIME/./} - start))',
  ].join('\n');
  const microseconds: number[] = [];
  for (let round = 0; round < attempts; round += 1) {
    microseconds.push(Number(await guest.run(script)));
    await guest.remove('remap-load');
  }
  return Math.min(...microseconds) / 1e6;
}

const readBytes = 64 * 1024;

/** Reads the metadata from its first sector to its last. */
async function secondsToRead(guest: BenchGuest, device: string, sectors: number): Promise<number> {
  const options = ['--rw=read', `--bs=${readBytes}`, `--size=${sectors * 512}`];
  const results = await guest.fio(fioCommand(device, options, attempts));
  return (undisturbedMean(results) * 1e-9 * sectors * 512) / readBytes;
}

/**
 * A disk that reads 500 MB/s, as a SATA solid-state disk does, with the lease's metadata on it: one
 * command at a time, of at most 64 KiB, each taking what that speed makes of 64 KiB.
 */
async function metadataDisk(guest: BenchGuest, plan: LeasePlan): Promise<string> {
  const { metadataSectors } = layoutOf(plan);
  const disk = await guest.nullBlk('disk', {
    sizeMiB: Math.ceil(metadataSectors / 2048),
    memoryBacked: true,
    completionNs: readBytes * 2,
    commandsAtOnce: 1,
    commandSectors: readBytes / 512,
  });
  await guest.copyMetadata(plan, disk);
  return disk;
}

/** What it takes to assemble a target with a million remaps, from a disk and from memory. */
export const loading: Measure = {
  name: 'load',
  figures: ['load.over_sequential_read'],
  leases: () => [millionAtRandom(), almostEmpty],
  async run(guest): Promise<Outcomes> {
    const stage = await setStage(guest);
    const plan = millionAtRandom();
    const { metadataSectors } = layoutOf(plan);
    await guest.run(dmsetupInMemory);
    const one = await secondsToCreate(stage, await grantOf(stage, almostEmpty));

    const inMemory = await grantOf(stage, plan);
    const plainInMemory = await secondsToRead(guest, inMemory.device, metadataSectors);
    const secondsInMemory = await secondsToCreate(stage, inMemory);

    const disk = await metadataDisk(guest, plan);
    const data = layoutOf(plan).lengthSectors - metadataSectors;
    const onDisk = {
      plan,
      device: await guest.mapped(
        'spare-disk',
        `0 ${metadataSectors} linear ${disk} 0`,
        `${metadataSectors} ${data} linear ${stage.data} 0`,
      ),
    };
    const plain = await secondsToRead(guest, onDisk.device, metadataSectors);
    const before = await guest.ioCounts(onDisk.device);
    const seconds = await secondsToCreate(stage, onDisk);
    const after = await guest.ioCounts(onDisk.device);
    const sectorsRead = (after.sectorsRead - before.sectorsRead) / attempts;
    return {
      'load.seconds_1m': seconds,
      'load.sequential_read_seconds': plain,
      'load.over_sequential_read': (seconds - one) / plain,
      'load.seconds_1m_in_memory': secondsInMemory,
      'load.over_sequential_read_in_memory': (secondsInMemory - one) / plainInMemory,
      'load.reads_per_metadata_sector': sectorsRead / metadataSectors,
    };
  },
};
