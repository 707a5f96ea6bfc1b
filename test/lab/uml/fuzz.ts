import type { Scenario } from '../../../src/lab/scenario.js';
import { RemapTarget } from '../support/remap-target.js';
import type { UmlStage } from './stage.js';
import { compileWorkload } from '../support/workload.js';

const sectors = 8192;

const counts = { tables: 400, messages: 10_000, leases: 500 };

const promises = {
  tables: 'table lines changed at random are taken, or refused with a reason',
  messages: 'so are messages, and the target works on',
  leases: 'leases whose metadata lies with right checksums are taken, or refused with a reason',
};

/** What no sane caller gives to a target. The kernel's complaints are looked at when the part ends. */
export async function fuzz(s: Scenario, stage: UmlStage): Promise<void> {
  const program = await compileWorkload(s, 'fuzz');
  const main = await stage.addDisk({ name: 'main', sizeMiB: 8 });
  const spare = await stage.addDisk({ name: 's1', sizeMiB: 8, writeBack: true });
  const target = new RemapTarget(stage, 'f0', 'main', sectors);
  await target.format('s1', 64, 2048);
  await target.format('s1', 4096, 512);
  const rounds = s.minutes === undefined ? 1 : Math.ceil(s.minutes * 2);
  for (const what of ['tables', 'messages', 'leases'] as const) {
    await s.step(promises[what], async () => {
      const argv = [what, s.seed, counts[what] * rounds, sectors, target.id, main, spare];
      const said = await stage.guest.run(
        `${program} ${[...argv, 64, 2048, 4096, 512].join(' ')} && dmesg -C`,
        { timeoutMs: 300_000 * rounds },
      );
      s.note(said);
    });
  }
}
