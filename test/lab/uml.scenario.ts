import { type Scenario, scenario } from '../../src/lab/scenario.js';
import { crashes } from './crash/crashes.js';
import { fuzz } from './uml/fuzz.js';
import { generations } from './uml/generations.js';
import { jobs } from './uml/jobs.js';
import { kunit } from './uml/kunit.js';
import { mainFaults } from './uml/main-faults.js';
import { againstModel } from './uml/model.js';
import { noMemory } from './uml/no-memory.js';
import { ladder } from './uml/ladder.js';
import { refusals } from './uml/refusals.js';
import { scrub } from './uml/scrub.js';
import { smoke } from './uml/smoke.js';
import { buildForUml, onStage } from './uml/stage.js';
import { storms } from './uml/storms.js';
import { sysfs, sysfsNoMemory } from './uml/sysfs.js';
import { traces } from './uml/traces.js';

/** The kernel target in user-mode Linux, where KASAN, lockdep and kmemleak watch it. */
export default scenario('kernel target under checkers', async (s: Scenario) => {
  const build = await buildForUml(s);
  await onStage(s, build, 'smoke', (stage) => smoke(s, stage));
  await onStage(s, build, 'kunit', (stage) => kunit(s, stage, build), {
    parameters: ['kunit.enable=1'],
  });
  await onStage(s, build, 'sysfs', (stage) => sysfs(s, stage, build.module));
  await onStage(s, build, 'generations', (stage) => generations(s, stage));
  await onStage(s, build, 'refusals', (stage) => refusals(s, stage));
  await onStage(s, build, 'traces', (stage) => traces(s, stage));
  await onStage(s, build, 'jobs', (stage) => jobs(s, stage));
  await onStage(s, build, 'scrub', (stage) => scrub(s, stage));
  await onStage(s, build, 'ladder', (stage) => ladder(s, stage));
  await onStage(s, build, 'model', (stage) => againstModel(s, stage));
  await onStage(s, build, 'faults', (stage) => mainFaults(s, stage));
  await onStage(s, build, 'storms', (stage) => storms(s, stage));
  // kmemleak turns itself off when it gets no memory
  const parameters = ['kmemleak=off'];
  await onStage(s, build, 'no-memory', (stage) => noMemory(s, stage), { parameters });
  await onStage(s, build, 'sysfs-no-memory', (stage) => sysfsNoMemory(s, stage), { parameters });
  await onStage(s, build, 'fuzz', (stage) => fuzz(s, stage));
  const few = { states: 12_000, operations: 600, drawn: 2, samples: 50 };
  await onStage(s, build, 'crash', (stage) => crashes(s, build, stage, few), {
    ...{ parameters, memoryMiB: 768 },
  });
});
