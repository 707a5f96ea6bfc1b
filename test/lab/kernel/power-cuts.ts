import type { LabHost } from '../../../src/lab/lab-host.js';
import type { Scenario } from '../../../src/lab/scenario.js';
import { loadRemapModule } from '../../../src/lab/remap-module.js';
import { RemapTarget } from '../support/remap-target.js';

/** What was flushed survives, its mapping included, wherever it was written. */
export async function powerCuts(s: Scenario, host: LabHost): Promise<void> {
  const target = new RemapTarget(host, 'p0', 'main', 65_536);
  await target.lend('s1', 2048, 4096);
  await target.lend('n1', 2048, 4096);
  await target.create();
  await host.breakDisk('main', { sector: 2048, count: 256, on: 'writes' });
  for (const round of [1, 2]) {
    const image = await host.run(
      `head -c 1048576 /dev/urandom > /tmp/image; dd if=/tmp/image of=${target.path} bs=64k seek=16 oflag=direct conv=notrunc,fsync status=none; sha256sum < /tmp/image`,
    );
    const list = await target.message('list');
    s.equal(`round ${round}: bad blocks are remapped`, list.trim().split('\n').length, 32);
    await s.step(`round ${round}: the power is cut, nothing unflushed survives`, async () => {
      await host.powerCut({ seed: s.seed, keep: 0 });
      await host.boot();
      await loadRemapModule(host);
      await target.create();
    });
    s.equal(`round ${round}: the map is the same`, await target.message('list'), list);
    s.equal(
      `round ${round}: every flushed byte is right`,
      await host.run(
        `dd if=${target.path} bs=64k skip=16 count=16 iflag=direct status=none | sha256sum`,
      ),
      image,
    );
  }
  await target.remove();
  await host.healDisk('main');
}
