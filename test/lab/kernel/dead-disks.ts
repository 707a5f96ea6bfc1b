import type { LabHost } from '../../../src/lab/lab-host.js';
import type { Scenario } from '../../../src/lab/scenario.js';
import { fill, letters } from '../support/letters.js';
import { RemapTarget } from '../support/remap-target.js';

async function power(host: LabHost, disk: string, state: 'offline' | 'running'): Promise<void> {
  const device = await host.device(disk);
  await host.run(`echo ${state} > /sys/block/$(basename ${device})/device/state`);
}

/** A disk that went away is not a disk with bad sectors. */
export async function deadDisks(s: Scenario, host: LabHost): Promise<void> {
  const target = new RemapTarget(host, 'd0', 'main', 65_536);
  await target.lend('s1', 2048, 2048);
  await target.lend('n1', 2048, 2048);
  await target.create();
  await host.breakDisk('main', { sector: 800, count: 1, on: 'writes' });
  s.equal('a bad block is moved', await fill(host, target.path, 100, 'a'), 0);
  await host.run('sleep 1.1'); // for this long it need not answer again
  await power(host, 'main', 'offline');
  const failed = await Promise.all(
    [200, 201, 300, 4000].map((block) => fill(host, target.path, block, 'b')),
  );
  s.check(
    'writes to a main device that is offline fail',
    failed.every((code) => code !== 0),
    failed.join(' '),
  );
  const { mode, usedBlocks } = await target.status();
  s.equal(
    'it is taken for failed, and no block is moved for it',
    [mode, usedBlocks],
    ['failed', 1],
  );
  s.equal('what lives in a lease is served', await letters(host, target.path, 100), 'a');
  await power(host, 'main', 'running');
  await target.reload();
  s.equal('when it is back, a reload lets it work', (await target.status()).mode, 'rw');
  s.equal('and writes succeed', await fill(host, target.path, 200, 'b'), 0);

  for (const disk of ['main', 's1']) await power(host, disk, 'offline');
  await fill(host, target.path, 200, 'c');
  await s.step('a target whose disks are gone is removed', () => target.remove());
  for (const disk of ['main', 's1']) await power(host, disk, 'running');
  await target.create();
  s.equal('and is made again when they are back', await letters(host, target.path, 200), 'b');
  await target.remove();
  await host.healDisk('main');
  await allBad(s, host);
}

/** Each sector for itself says that it is bad, which a dead disk may say too. */
async function allBad(s: Scenario, host: LabHost): Promise<void> {
  const target = new RemapTarget(host, 'd1', 'main', 65_536);
  await target.lend('n1', 8192, 2048);
  await target.create();
  await host.breakDisk('main', { sector: 0, count: 65_536 });
  s.check('when every sector is bad, a write fails', (await fill(host, target.path, 9, 'a')) !== 0);
  const { mode, usedBlocks } = await target.status();
  s.equal('and the disk is taken for failed', [mode, usedBlocks], ['failed', 0]);
  await target.remove();
  await host.healDisk('main');
}
