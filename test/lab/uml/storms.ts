import type { Scenario } from '../../../src/lab/scenario.js';
import { type ModelDisks, type ModelRun, modelDisks, runModel } from './model.js';
import type { UmlStage } from './stage.js';

const faults = '/sys/kernel/debug/fail_make_request';
const spareSectors = 16_384;

const spare = (table: string) =>
  `printf '${table}' | dmsetup load spare && dmsetup resume --noudevsync spare`;
const healthy = `0 ${spareSectors} linear /dev/s1 0\\n`;

/** Writes fail to the next copy of the first lease's only entry page, and of the third's superblock. */
const badMetadata = [
  '0 2072 linear /dev/s1 0\\n',
  '2072 8 flakey /dev/s1 2072 0 60 1 error_writes\\n',
  '2080 2016 linear /dev/s1 2080\\n',
  '4096 8 flakey /dev/s1 4096 0 60 1 error_writes\\n',
  `4104 ${spareSectors - 4104} linear /dev/s1 4104\\n`,
].join('');

const storm = (percent: number, ...disks: string[]) =>
  `echo ${percent} > ${faults}/probability; ` +
  `for disk in ${disks.join(' ')}; do echo 1 > /sys/block/$disk/make-it-fail; done`;
const calm =
  'for disk in main s1 s2; do echo 0 > /sys/block/$disk/make-it-fail; done; ' + spare(healthy);

const failures: readonly { where: string; begin: string }[] = [
  { where: 'on the main device', begin: storm(15, 'main') },
  { where: 'on a spare', begin: storm(2, 's1') },
  { where: 'in metadata of a spare', begin: spare(badMetadata) },
  { where: 'everywhere at once', begin: `${spare(badMetadata)}; ${storm(2, 'main', 's1', 's2')}` },
];

/** How many writes failed, in what the model says of itself. */
function failedWrites(said: string): number {
  return Number(/writes, (\d+) of them errors/.exec(said)?.[1]);
}

/** Requests fail at random; what reads at all has to be what was written, then and after a restart. */
export async function storms(s: Scenario, stage: UmlStage): Promise<void> {
  const made = await modelDisks(stage);
  const disks = { ...made, s1: { ...made.s1, path: '/dev/mapper/spare' } };
  const seconds = Math.round((s.minutes ?? 0.7) * 15);
  await stage.run(
    `cd ${faults} && echo 1 > interval && echo -1 > times && echo 0 > verbose &&
     printf '${healthy}' | dmsetup create spare --noudevsync && dmsetup mknodes spare`,
  );
  for (const { where, begin } of failures) {
    await storming(s, stage, disks, where, { seconds, storm: { begin, end: calm } });
  }
  await stage.run('dmsetup remove --noudevsync spare');
}

async function storming(
  s: Scenario,
  stage: UmlStage,
  disks: ModelDisks,
  where: string,
  run: ModelRun,
): Promise<void> {
  // Leases are formatted anew in each round; the main device has to begin with zeroes too.
  await stage.run('dd if=/dev/zero of=/dev/main bs=1M count=12 oflag=direct status=none');
  const said = await s.step(`while I/O fails ${where}, only right data is read`, () =>
    runModel(s, stage, disks, run),
  );
  s.note(said);
  if (where === 'on the main device') s.equal('and no write fails', failedWrites(said), 0);
}
