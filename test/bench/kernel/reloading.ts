import { fioCommand, parseFio } from './fio.js';
import type { Outcomes } from './figures.js';
import { type BenchGuest, type Grant, remapTable } from './guest.js';
import { layoutOf } from './lease-plan.js';
import { emptyLease } from './leases.js';
import type { Measure } from './measure.js';
import { grantOf, mainSectors, millionAtRandom, setStage } from './stage.js';

const reloads = 5;
const added = Array.from({ length: reloads }, (_, index) =>
  emptyLease(`added${index}`, 'random', 16_384),
);

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

/** How long a reload that adds a lease holds I/O up, and one that changes nothing of dm-linear. */
export const reloading: Measure = {
  name: 'reload',
  figures: ['reload.stall_ms_1m'],
  leases: () => [millionAtRandom(), ...added],
  async run(guest): Promise<Outcomes> {
    const stage = await setStage(guest);
    const { main, data } = stage;
    const grants: Grant[] = [await grantOf(stage, millionAtRandom())];
    await guest.mapped('remap-reload', remapTable(main, grants));
    const tables: string[] = [];
    for (const [index, plan] of added.entries()) {
      grants.push({ plan, device: await guest.spare(plan, data, layoutOf(plan).lengthSectors) });
      tables.push(remapTable(main, grants, index + 2));
    }
    const stall = await longestRead(guest, 'remap-reload', tables);
    await guest.remove('remap-reload');

    await guest.linear('linear-reload', main, mainSectors);
    const same = tables.map(() => `0 ${mainSectors} linear ${main} 0`);
    const linearStall = await longestRead(guest, 'linear-reload', same);
    return {
      'reload.stall_ms_1m': stall,
      'reload.stall_ms_linear': linearStall,
      'reload.stall_ms_added': stall - linearStall,
    };
  },
};
