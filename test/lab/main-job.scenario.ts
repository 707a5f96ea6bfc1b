import { type Scenario, scenario } from '../../src/lab/scenario.js';
import { defaultTopology } from '../../src/lab/default-topology.js';
import { agentCrash } from './main-job/agent-crash.js';
import { arrayUnderFailure } from './main-job/array-under-failure.js';
import { booksAfterCrash } from './main-job/books-after-crash.js';
import { draining } from './main-job/draining.js';
import { enrolment } from './main-job/enrolment.js';
import { lowWater } from './main-job/low-water.js';
import { powerCut } from './main-job/power-cut.js';
import { openManagerSide, type Stage } from './main-job/stage.js';
import { prediction } from './main-job/prediction.js';
import { withoutRedundancy } from './main-job/without-redundancy.js';

/** The whole line: a disk fails under an array, the pool lends space, and every byte is right. */
export default scenario('main job', async (s: Scenario) => {
  const lab = await s.freshLab(defaultTopology);
  const side = await openManagerSide();
  const stage: Stage = { s, side, h1: lab.host('h1'), h2: lab.host('h2') };
  try {
    await enrolment(stage);
    await arrayUnderFailure(stage);
    await lowWater(stage);
    await draining(stage);
    await withoutRedundancy(stage);
    await powerCut(stage);
    await booksAfterCrash(stage);
    await prediction(stage);
    await agentCrash(stage);
  } finally {
    await side.stop();
  }
});
