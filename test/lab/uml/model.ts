import type { Scenario } from '../../../src/lab/scenario.js';
import { quoted } from '../../../src/lab/guest-commands.js';
import { RemapTarget } from '../support/remap-target.js';
import type { UmlStage } from './stage.js';
import { compileWorkload } from '../support/workload.js';

const sectors = 20_003; // the last block is short
const small = Array.from({ length: 6 }, (_, index) => ({ offset: 2048 + index * 1024 }));

export interface ModelDisks {
  /** What the target stands on, as /dev/NAME or a mapped device. */
  readonly main: string;
  readonly s1: string;
  readonly s2: string;
}

export interface ModelRun {
  readonly seconds: number;
  /** Begins and ends faults, in a shell; in between any I/O may fail. */
  readonly storm?: { readonly begin: string; readonly end: string };
}

/** Disks in memory for a model: a main one, a spare with many small leases, one with a large one. */
export async function modelDisks(stage: UmlStage): Promise<ModelDisks> {
  return {
    main: await stage.addDisk({ name: 'main', sizeMiB: 12 }),
    s1: await stage.addDisk({ name: 's1', sizeMiB: 8 }),
    s2: await stage.addDisk({ name: 's2', sizeMiB: 40, writeBack: true }),
  };
}

/** Random I/O, moves and reloads against a model of what the target may answer; what it did. */
export async function runModel(
  s: Scenario,
  stage: UmlStage,
  disks: ModelDisks,
  run: ModelRun,
): Promise<string> {
  const program = await compileWorkload(s, 'model');
  const target = new RemapTarget(stage, 'm0', 'main', sectors);
  await target.format('s2', 2048, 65_536);
  for (const { offset } of small) await target.format('s1', offset, 1024);
  const leases = [
    `${disks.s2} 2048 65536`,
    ...small.map(({ offset }) => `${disks.s1} ${offset} 1024`),
  ];
  await stage.run(
    `dmsetup create m0-main --noudevsync --table '0 ${sectors} linear ${disks.main} 0' && dmsetup mknodes m0-main`,
  );
  const argv = [s.seed, run.seconds, 'm0', sectors, target.id, 'm0-main', disks.main, 3];
  const { begin, end } = run.storm ?? {};
  const storm = begin && end ? `MODEL_STORM=${quoted(begin)} MODEL_CALM=${quoted(end)}` : '';
  const said = await stage.guest.run(
    `${storm} exec ${program} ${argv.join(' ')} ${leases.map(quoted).join(' ')}`,
    { timeoutMs: (run.seconds * 2 + 180) * 1000 },
  );
  await stage.run('dmsetup remove --noudevsync m0-main');
  return said;
}

/** Sectors of the main device fail and heal, and for a second now and then it takes no writes at all. */
export async function againstModel(s: Scenario, stage: UmlStage): Promise<void> {
  const disks = await modelDisks(stage);
  const seconds = Math.round((s.minutes ?? 0.5) * 60);
  await stage.run(
    `dmsetup create main-flaky --noudevsync --table '0 ${sectors} flakey ${disks.main} 0 9 1 1 error_writes' &&
     dmsetup mknodes main-flaky`,
  );
  await s.step(`a random load for ${seconds} s gets only what it may`, async () => {
    s.note(await runModel(s, stage, { ...disks, main: '/dev/mapper/main-flaky' }, { seconds }));
  });
  await stage.run('dmsetup remove --noudevsync main-flaky');
}
