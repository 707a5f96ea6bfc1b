import type { LabHost } from '../../../src/lab/lab-host.js';
import type { Scenario } from '../../../src/lab/scenario.js';
import { kernelIntReader } from '../support/kernel-memory.js';
import { RemapTarget } from '../support/remap-target.js';

/** Seconds after which the target no longer expedites, and some. */
const LIMIT = 3;

/** Grace periods are expedited while tables are swapped, and at no other time. */
export async function gracePeriods(s: Scenario, host: LabHost): Promise<void> {
  const read = await kernelIntReader(host, 'rcu_expedited_nesting');
  const nesting = async (before = ':') => Number((await host.run(`${before}; ${read}`)).trim());
  const target = new RemapTarget(host, 'g0', 'main', 65_536);
  const suspend = `dmsetup suspend --noudevsync ${target.name}`;
  const resume = `dmsetup resume --noudevsync ${target.name}`;

  const usual = await nesting();
  await target.lend('s1', 2048, 2048);
  await target.create();
  s.equal('a running target leaves grace periods as they are', await nesting(), usual);
  await s.step('one that is suspended expedites them', async () => {
    for (let tries = 0; tries < 10; tries += 1) {
      const seen = await nesting(suspend);
      await host.run(resume);
      if (seen === usual + 1) return;
    }
    throw new Error('they were as usual each time');
  });
  s.equal('and no longer once it is resumed', await nesting(), usual);
  s.equal('or stays so for long', await nesting(`${suspend}; sleep ${LIMIT}`), usual);
  await host.run(resume);
  await target.lend('s2', 2048, 2048);
  await target.reload();
  s.equal('a new table leaves them as they were', await nesting(), usual);
  await target.remove();
  s.equal('so does the end of a target', await nesting(), usual);
}
