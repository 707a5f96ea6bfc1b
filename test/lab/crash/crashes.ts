import { join } from 'node:path';
import { repositoryRoot } from '../../../src/lab/paths.js';
import { seedFor } from '../../../src/lab/random.js';
import type { Scenario } from '../../../src/lab/scenario.js';
import { umlModuleFrom } from '../../../src/lab/uml/module.js';
import { type UmlBuild, type UmlStage } from '../uml/stage.js';
import { compileWorkload } from '../support/workload.js';
import { Chain, type LifeResult } from './chain.js';

export interface CrashSettings {
  /** At least so many states are looked at. */
  readonly states: number;
  readonly operations: number;
  readonly drawn: number;
  readonly samples: number;
}

const livesOfAChain = 4;
const blockSizes = [8, 16, 8, 64, 8, 32];

export interface CrashTally {
  states: number;
  moments: number;
  lives: number;
  checkedByKernel: number;
  faults: number;
  disagreements: number;
}

function tell(s: Scenario, life: string, result: LifeResult): void {
  s.note(
    `${life}: ${result.said}; ${result.events} events, ${result.states} states at ${result.moments} moments (${result.seconds.map((each) => each.toFixed(0)).join('+')} s)`,
  );
  for (const { event, survival, what } of result.faults) {
    s.note(`  after event ${event}, when ${survival} survives: ${what}`);
  }
  for (const what of result.disagreements.slice(0, 5)) s.note(`  ${what}`);
  if (result.saved !== undefined) {
    s.note(`  again: npm run test:kernel:crash -- --replay ${result.saved}`);
  }
}

/** Loads on a target whose disks lose what was not flushed, and all that crashes may leave of them. */
export async function crashes(
  s: Scenario,
  build: UmlBuild,
  stage: UmlStage,
  settings: CrashSettings,
): Promise<CrashTally> {
  const { guest } = stage;
  const program = await compileWorkload(s, 'crash');
  const tally = {
    states: 0,
    moments: 0,
    lives: 0,
    checkedByKernel: 0,
    faults: 0,
    disagreements: 0,
  };
  await s.step('disks that forget are there', async () => {
    const sources = join(repositoryRoot(), 'test/lab/crash/disk');
    const disks = await umlModuleFrom(build.kernel, sources, 'uml-crash', 'dm-crash.ko');
    await guest.run(`insmod ${disks}`);
  });
  for (let number = 0; tally.states < settings.states && tally.faults === 0; number += 1) {
    const seed = seedFor(s.seed, `chain ${number}`);
    const blockSectors = blockSizes[number % blockSizes.length] ?? 8;
    const directory = join(s.directory, 'chain');
    const chain = new Chain(guest, program, directory, { ...settings, seed }, blockSectors);
    await chain.makeDisks();
    for (let life = 0; life < livesOfAChain && tally.states < settings.states; life += 1) {
      const result = await chain.live();
      tell(s, `blocks of ${blockSectors}, life ${life + 1}`, result);
      tally.lives += 1;
      tally.states += result.states;
      tally.moments += result.moments;
      tally.checkedByKernel += result.checkedByKernel;
      tally.faults += result.faults.length;
      tally.disagreements += result.disagreements.length;
      if (result.faults.length > 0) break;
    }
    await chain.removeDisks();
  }
  await guest.run('rmmod dm_crash');
  const { states, lives, checkedByKernel } = tally;
  s.check(
    `each of ${states} states after a crash in ${lives} loads is as it should be`,
    tally.faults === 0,
  );
  s.check(
    `the kernel reads from ${checkedByKernel} of them what was expected`,
    tally.disagreements === 0,
  );
  return tally;
}
