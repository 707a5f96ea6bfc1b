import type { Scenario } from '../../../src/lab/scenario.js';
import { RemapTarget } from '../support/remap-target.js';
import type { UmlStage } from './stage.js';

/** A target is made, read, written and removed. */
export async function smoke(s: Scenario, stage: UmlStage): Promise<void> {
  await stage.addDisk({ name: 'main', sizeMiB: 16 });
  await stage.addDisk({ name: 's1', sizeMiB: 4, writeBack: true });
  const target = new RemapTarget(stage, 'r0', 'main', 32_768);
  await target.lend('s1', 64, 1024);
  await s.step('a target is made', () => target.create());
  await s.step('it takes data and gives it back', () =>
    stage.run(
      `head -c 1M /dev/urandom > /run/data
       dd if=/run/data of=${target.path} bs=64k oflag=direct conv=fsync status=none
       dd if=${target.path} bs=64k count=16 iflag=direct status=none | cmp - /run/data`,
    ),
  );
  s.equal('a block moves when asked to', await target.message('remap 8 8'), '1');
  s.equal('and is counted', (await target.status()).usedBlocks, 1);
  await s.step('it gives the same data', () =>
    stage.run(`dd if=${target.path} bs=64k count=16 iflag=direct status=none | cmp - /run/data`),
  );
  await target.remove();
}
