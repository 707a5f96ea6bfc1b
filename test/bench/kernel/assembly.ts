import { fioCommand, parseFio } from './fio.js';
import type { Outcomes } from './figures.js';
import { type BenchGuest, type Grant, remapTable } from './guest.js';
import { layoutOf, type LeasePlan } from './lease-plan.js';
import { emptyLease, MAIN_MIB, MILLION, randomLease } from './leases.js';
import type { Measure, Wanted } from './measure.js';

const sectorsPerMiB = 2048;
const pageBytes = 4096;
const reloads = 5;

let million: LeasePlan | undefined;
const millionAtRandom = () => (million ??= randomLease('random', 'random', MILLION));
/** One remap in a lease of one entry page: the same target, but for its remaps. */
const almostEmpty = randomLease('one', 'one', 1);
const added = Array.from({ length: reloads }, (_, index) =>
  emptyLease(`added${index}`, 'random', 16_384),
);

interface Stage {
  readonly guest: BenchGuest;
  readonly main: string;
  readonly data: string;
  /** Name of a mapped device. */
  readonly linear: string;
  readonly full: Grant;
  readonly one: Grant;
}

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

async function memory(stage: Stage): Promise<Outcomes> {
  await bytesOf(stage, stage.one); // what stays allocated after a first target is none of its memory
  const without = await bytesOf(stage, stage.one);
  const withRemaps = await bytesOf(stage, stage.full);
  return {
    'memory.bytes_per_remap': (withRemaps - without) / (MILLION - 1),
    'memory.bytes_without_remaps': without,
  };
}

/** Seconds that a command takes on the guest's clock; it has been run before, so its pages are there. */
async function secondsOf(guest: BenchGuest, command: string): Promise<number> {
  const microseconds = await guest.run(
    `sleep 2; start=\${EPOCHREALTIME/./}; ${command}; echo $((\${EPOCHREALTIME/./} - start))`,
  );
  return Number(microseconds) / 1e6;
}

async function secondsToCreate({ guest, main }: Stage, grant: Grant): Promise<number> {
  await guest.writeFile('/run/table', `${remapTable(main, [grant])}\n`);
  const seconds = await secondsOf(guest, 'dmsetup create --noudevsync remap-load /run/table');
  await guest.remove('remap-load');
  return seconds;
}

/**
 * Both the target and dd read the metadata out of memory, so the ratio is one of work: on a disk, where
 * the reading takes longer and the work does not, it can only be lower. What it takes to start either
 * program and to make a target at all is taken off.
 */
async function load(stage: Stage): Promise<Outcomes> {
  const { guest, full, one } = stage;
  const { metadataSectors } = layoutOf(full.plan);
  const read = (blocks: number) =>
    secondsOf(
      guest,
      `dd if=${full.device} of=/dev/null bs=64k count=${blocks} iflag=direct status=none`,
    );
  const blocks = Math.floor(metadataSectors / 128);
  await read(1);
  const plain = ((await read(blocks)) - (await read(0))) * (metadataSectors / 128 / blocks);

  await secondsToCreate(stage, one);
  const before = await guest.ioCounts(full.device);
  const seconds = await secondsToCreate(stage, full);
  const after = await guest.ioCounts(full.device);
  const withOne = await secondsToCreate(stage, one);
  return {
    'load.seconds_1m': seconds,
    'load.sequential_read_seconds': plain,
    'load.over_sequential_read': (seconds - withOne) / plain,
    'load.reads_per_metadata_sector': (after.sectorsRead - before.sectorsRead) / metadataSectors,
  };
}

/**
 * The longest that one of a stream of reads takes while tables are swapped under it. The reader sleeps
 * between reads and comes before everything else when it wakes, so that on the guest's one CPU it waits
 * for the target only, not for the work of loading a table.
 */
async function longestRead(
  guest: BenchGuest,
  name: string,
  tables: readonly string[],
): Promise<number> {
  for (const [index, table] of tables.entries()) {
    await guest.writeFile(`/run/table${index}`, `${table}\n`);
  }
  const options = [
    '--rw=randread',
    '--bs=4k',
    '--thinktime=100us',
    '--time_based',
    '--runtime=10s',
  ];
  const reader = fioCommand(`/dev/mapper/${name}`, options);
  const output = await guest.run(
    [
      `chrt --fifo 50 ${reader} > /run/reader.json &`,
      'sleep 2',
      ...tables.flatMap((_, index) => [
        `dmsetup load ${name} /run/table${index}`,
        `dmsetup resume --noudevsync ${name}`,
        'sleep 0.4',
      ]),
      'kill -0 $!', // it is still reading
      'wait',
      'cat /run/reader.json',
    ].join('\n'),
  );
  const [result] = parseFio(output);
  return (result?.max ?? Number.NaN) / 1e6;
}

async function reload({ guest, main, data, linear, full }: Stage): Promise<Outcomes> {
  const grants: Grant[] = [full];
  await guest.mapped('remap-reload', remapTable(main, grants));
  const tables: string[] = [];
  for (const [index, plan] of added.entries()) {
    grants.push({ plan, device: await guest.spare(plan, data, layoutOf(plan).lengthSectors) });
    tables.push(remapTable(main, grants, index + 2));
  }
  const stall = await longestRead(guest, 'remap-reload', tables);
  await guest.remove('remap-reload');
  const same = `0 ${MAIN_MIB * sectorsPerMiB} linear ${main} 0`;
  const linearStall = await longestRead(
    guest,
    linear,
    tables.map(() => same),
  );
  return { 'reload.stall_ms_1m': stall, 'reload.stall_ms_linear': linearStall };
}

const wantsMemory = (wanted: Wanted) => wanted('memory.bytes_per_remap');
const wantsLoad = (wanted: Wanted) => wanted('load.over_sequential_read');
const wantsReload = (wanted: Wanted) => wanted('reload.stall_ms_1m');

/** What it takes to have a million remaps, and to swap the table of a target that has them. */
export const assembly: Measure = {
  name: 'assembly',
  figures: ['memory.bytes_per_remap', 'load.over_sequential_read', 'reload.stall_ms_1m'],
  leases: () => [millionAtRandom(), almostEmpty, ...added],
  async run(guest, wanted) {
    const sectors = MAIN_MIB * sectorsPerMiB;
    const main = await guest.nullBlk('main', { sizeMiB: MAIN_MIB });
    const data = await guest.nullBlk('data', { sizeMiB: MAIN_MIB });
    await guest.linear('linear-main', main, sectors);
    const grant = async (plan: LeasePlan) => ({
      plan,
      device: await guest.spare(plan, data, sectors),
    });
    const stage: Stage = {
      guest,
      main,
      data,
      linear: 'linear-main',
      full: await grant(millionAtRandom()),
      one: await grant(almostEmpty),
    };
    return {
      ...(wantsMemory(wanted) ? await memory(stage) : {}),
      ...(wantsLoad(wanted) ? await load(stage) : {}),
      ...(wantsReload(wanted) ? await reload(stage) : {}),
    };
  },
};
