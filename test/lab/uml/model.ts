import type { Scenario } from '../../../src/lab/scenario.js';
import { type ModelDisk, runModelLoad } from '../support/model-load.js';
import { compileWorkload } from '../support/workload.js';
import type { UmlStage } from './stage.js';

const sectors = 20_003; // the last block is short
const spareMiB = 8;

export interface ModelDisks {
  readonly main: ModelDisk;
  /** Has many small leases. */
  readonly s1: ModelDisk;
  /** Has a large one. */
  readonly s2: ModelDisk;
}

export interface ModelRun {
  readonly seconds: number;
  /** Begins and ends faults, in a shell; in between any I/O may fail. */
  readonly storm?: { readonly begin: string; readonly end: string };
}

/** Disks in memory for a model. */
export async function modelDisks(stage: UmlStage): Promise<ModelDisks> {
  const disk = async (name: string, sizeMiB: number, writeBack = false) => ({
    name,
    path: await stage.addDisk({ name, sizeMiB, writeBack }),
  });
  return {
    main: await disk('main', 12),
    s1: await disk('s1', spareMiB),
    s2: await disk('s2', 40, true),
  };
}

/** Random I/O, jobs, scrubs and reloads against a model of what the target may answer; what it did. */
export async function runModel(
  s: Scenario,
  stage: UmlStage,
  { main, s1, s2 }: ModelDisks,
  { seconds, storm }: ModelRun,
): Promise<string> {
  const small = Array.from({ length: 6 }, (_, index) => 2048 + index * 1024);
  const load = {
    program: await compileWorkload(s, 'model'),
    seed: s.seed,
    ...{ seconds, sectors, main },
    spare: { ...s1, sectors: spareMiB * 2048 },
    leases: [
      { disk: s2, offset: 2048, length: 65_536 },
      ...small.map((offset) => ({ disk: s1, offset, length: 1024 })),
    ],
    environment: storm ? { MODEL_STORM: storm.begin, MODEL_CALM: storm.end } : {},
  };
  return runModelLoad(stage, load, (command, options) => stage.guest.run(command, options));
}

/** Sectors of the main device and of a spare fail and heal, and for a second now and then it takes no writes. */
export async function againstModel(s: Scenario, stage: UmlStage): Promise<void> {
  const disks = await modelDisks(stage);
  const seconds = Math.round((s.minutes ?? 0.5) * 60);
  await stage.run(
    `dmsetup create main-flaky --noudevsync --table '0 ${sectors} flakey ${disks.main.path} 0 9 1 1 error_writes' &&
     dmsetup mknodes main-flaky`,
  );
  const main = { ...disks.main, path: '/dev/mapper/main-flaky' };
  await s.step(`a random load for ${seconds} s gets only what it may`, async () => {
    s.note(await runModel(s, stage, { ...disks, main }, { seconds }));
  });
  await stage.run('dmsetup remove --noudevsync main-flaky');
}
