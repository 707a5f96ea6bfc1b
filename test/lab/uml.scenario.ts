import { type Scenario, scenario } from '../../src/lab/scenario.js';
import { fuzz } from './uml/fuzz.js';
import { againstModel } from './uml/model.js';
import { smoke } from './uml/smoke.js';
import { buildForUml, onStage } from './uml/stage.js';

/** The kernel target in user-mode Linux, where KASAN, lockdep and kmemleak watch it. */
export default scenario('kernel target under checkers', async (s: Scenario) => {
  const build = await buildForUml(s);
  await onStage(s, build, 'smoke', (stage) => smoke(s, stage));
  await onStage(s, build, 'model', (stage) => againstModel(s, stage));
  await onStage(s, build, 'fuzz', (stage) => fuzz(s, stage));
});
