import { type Scenario, scenario } from '../../src/lab/scenario.js';
import { loadRemapModule } from '../../src/lab/remap-module.js';
import { deadDisks } from './kernel/dead-disks.js';
import { failingLeases } from './kernel/failing-leases.js';
import { gracePeriods } from './kernel/grace-periods.js';
import { measurements } from './kernel/measurements.js';
import { againstModel } from './kernel/model.js';
import { powerCuts } from './kernel/power-cuts.js';
import { readErrors } from './kernel/read-errors.js';
import { refusals } from './kernel/refusals.js';
import { reloads } from './kernel/reloads.js';
import { kernelTopology } from './kernel/topology.js';
import { scsiDebug } from './kernel/scsi-debug.js';
import { writeErrors } from './kernel/write-errors.js';

/** The kernel target by itself, driven with dmsetup on a stock kernel. */
export default scenario('kernel target', async (s: Scenario) => {
  const host = (await s.freshLab(kernelTopology)).host('k1');
  await s.step('a host boots and loads the module', async () => {
    await host.boot();
    await loadRemapModule(host);
  });
  await s.part('refusals', () => refusals(s, host));
  await s.part('write-errors', () => writeErrors(s, host));
  await s.part('failing-leases', () => failingLeases(s, host));
  await s.part('read-errors', () => readErrors(s, host));
  await s.part('scsi-debug', () => scsiDebug(s, host));
  await s.part('dead-disks', () => deadDisks(s, host));
  await s.part('measurements', () => measurements(s, host));
  await s.part('grace-periods', () => gracePeriods(s, host));
  await s.part('reloads', () => reloads(s, host));
  await s.part('model', () => againstModel(s, host));
  await s.part('power-cuts', () => powerCuts(s, host));
  await s.step('the module unloads, and the kernel had nothing to complain about', async () => {
    const splats = await host.run(
      `rmmod dm_remap; dmesg | grep -E 'WARNING|BUG|Oops|Call Trace|blocked for more' || true`,
    );
    if (splats) throw new Error(splats);
  });
});
