import type { Scenario } from '../../../src/lab/scenario.js';
import { breakSectors } from '../../../src/lab/uml/disks.js';
import { fill } from '../support/letters.js';
import { RemapTarget } from '../support/remap-target.js';
import type { UmlStage } from './stage.js';

const tracing = '/sys/kernel/tracing';

/** What the worker does can be followed; healthy I/O leaves no trace. */
export async function traces(s: Scenario, stage: UmlStage): Promise<void> {
  await stage.addDisk({ name: 'main', sizeMiB: 8 });
  await stage.addDisk({ name: 's1', sizeMiB: 4, writeBack: true });
  const target = new RemapTarget(stage, 't0', 'main', 16_384);
  const lease = await target.lend('s1', 64, 512);
  await stage.run(
    `mount -t tracefs tracefs ${tracing} && echo 1 > ${tracing}/events/dm_remap/enable`,
  );
  const traced = async (): Promise<string> =>
    stage.run(`sed -n 's/.*: \\(dm_remap_.*\\)/\\1/p' ${tracing}/trace; echo > ${tracing}/trace`);
  await target.create();
  await traced();
  await fill(stage, target.path, 9, 'a');
  await stage.run(`dd if=${target.path} of=/dev/null bs=1M count=4 iflag=direct status=none`);
  s.equal('healthy I/O leaves no trace', await traced(), '');

  const number = async (disk: string) => stage.run(`stat -Lc '%Hr:%Lr' ${disk}`);
  const [top, main, spare] = await Promise.all([target.path, '/dev/main', '/dev/s1'].map(number));
  await breakSectors(stage.guest, 'main', 80, 1);
  await fill(stage, target.path, 10, 'a');
  s.equal('a failed write shows as error, commit and move', (await traced()).split('\n'), [
    `dm_remap_error: target ${top} block 10: write of main ${main} error -5`,
    `dm_remap_commit: target ${top} lease ${lease.id} page 0 sequence 2 error 0`,
    `dm_remap_move: target ${top} block 10: from ${main} block 10 to ${spare} lease ${lease.id} block 0 error 0`,
  ]);
  await breakSectors(stage.guest, 'main', 160, 8);
  await stage.exec(`dd if=${target.path} of=/dev/null bs=4096 skip=20 count=1 iflag=direct`);
  s.check(
    'so does a failed read',
    (await traced()).startsWith(
      `dm_remap_error: target ${top} block 20: read of main ${main} error -5`,
    ),
  );
  await breakSectors(stage.guest, 'main', 200, 1);
  await target.message('scrub start 0 256');
  await stage.run(`until dmsetup status t0 | grep -q scrub:done; do sleep 0.1; done`);
  const scrubbed = await traced();
  s.equal(
    'and each segment that the scrubber reads, with what it found',
    scrubbed.split('\n').filter((line) => line.startsWith('dm_remap_scrub')),
    [0, 128].map(
      (sector) => `dm_remap_scrub: target ${top} sector ${sector}: ${sector ? 1 : 0} found so far`,
    ),
  );
  await stage.exec(`dmsetup message t0 0 remap 1000 15000`);
  const filled = await traced();
  s.check(
    'so does a change of mode',
    filled.includes(`dm_remap_mode: target ${top}: rw -> nospace`),
  );
  await stage.run(`echo 0 > ${tracing}/events/dm_remap/enable`);
  await target.remove();
}
