import { type Scenario, scenario } from '../../src/lab/scenario.js';
import { loadRemapModule } from '../../src/lab/remap-module.js';
import { failingLeases } from './kernel/failing-leases.js';
import { againstModel } from './kernel/model.js';
import { powerCuts } from './kernel/power-cuts.js';
import { readErrors } from './kernel/read-errors.js';
import { refusals } from './kernel/refusals.js';
import { reloads } from './kernel/reloads.js';
import { kernelTopology } from './kernel/topology.js';
import { writeErrors } from './kernel/write-errors.js';

/** The kernel target by itself, driven with dmsetup on a stock kernel. */
export default scenario('kernel target', async (s: Scenario) => {
  const host = (await s.freshLab(kernelTopology)).host('k1');
  await s.step('a host boots and loads the module', async () => {
    await host.boot();
    await loadRemapModule(host);
  });
  await refusals(s, host);
  await writeErrors(s, host);
  await failingLeases(s, host);
  await readErrors(s, host);
  await reloads(s, host);
  await againstModel(s, host);
  await powerCuts(s, host);
  await s.step('the module unloads, and the kernel had nothing to complain about', async () => {
    const splats = await host.run(
      `rmmod dm_remap; dmesg | grep -E 'WARNING|BUG|Oops|Call Trace|blocked for more' || true`,
    );
    if (splats) throw new Error(splats);
  });
});
