import type { Scenario } from '../../../src/lab/scenario.js';
import { breakSectors } from '../../../src/lab/uml/disks.js';
import { fill, letters } from '../support/letters.js';
import { type LabLease, RemapTarget } from '../support/remap-target.js';
import type { UmlStage } from './stage.js';

const sectors = 16_384;
const needsHigher = /higher generation/;

/** Leases tell which others they ran with at a generation; if they differed, nobody could tell who is right. */
export async function generations(s: Scenario, stage: UmlStage): Promise<void> {
  await stage.addDisk({ name: 'main', sizeMiB: 8 });
  await stage.addDisk({ name: 's1', sizeMiB: 4 });
  await stage.addDisk({ name: 's2', sizeMiB: 4 });
  const target = new RemapTarget(stage, 'g0', 'main', sectors);
  const first = await target.lend('s1', 64, 1024);
  const second = await target.lend('s2', 64, 1024);
  const third = await target.format('s1', 2048, 1024);
  await target.create();
  await breakSectors(stage.guest, 'main', 800, 8);
  await fill(stage, target.path, 100, 'a');

  const others: Record<string, LabLease[]> = {
    'a lease more': [first, second, third],
    'a lease less': [first],
    'its leases in another order': [second, first],
  };
  for (const [what, leases] of Object.entries(others)) {
    const said = await target.reloadRefusal(await target.table(1, leases));
    s.check(
      `a running target does not take ${what} at the same generation`,
      needsHigher.test(said),
      said,
    );
  }
  await target.remove();
  for (const [what, leases] of Object.entries(others)) {
    const said = await target.refusal(await target.table(1, leases));
    const right = what === 'a lease less' ? /missing/ : needsHigher;
    s.check(`nor is it made again with ${what}`, right.test(said), said);
  }
  target.leases.splice(0, 2, third, second, first);
  target.generation = 2;
  await target.create();
  await target.remove();
  await target.create();
  s.equal('at a higher one it is, twice', await letters(stage, target.path, 100), 'a');
  await target.remove();
}
