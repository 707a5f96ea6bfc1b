import { type Scenario, scenario } from '../../src/lab/scenario.js';
import { breaking, breakingMuch } from './selftest/breaking.js';
import { executing } from './selftest/executing.js';
import { powerCuts } from './selftest/power-cuts.js';
import { selftestTopology } from './selftest/topology.js';

/** That the lab itself does what the other scenarios lean on. */
export default scenario('lab self-test', async (s: Scenario) => {
  const host = (await s.freshLab(selftestTopology)).host('t1');
  await s.step('a host boots', async () => {
    await host.boot();
  });
  await executing(s, host);
  await breaking(s, host);
  await breakingMuch(s, host);
  await powerCuts(s, host);
  await s.step('it shuts down in order', async () => {
    await host.shutdown();
  });
});
