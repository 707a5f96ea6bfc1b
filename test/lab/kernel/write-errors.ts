import type { LabHost } from '../../../src/lab/lab-host.js';
import type { Scenario } from '../../../src/lab/scenario.js';
import { RemapTarget } from '../support/remap-target.js';

const dd = 'status=none oflag=direct iflag=fullblock conv=notrunc';

/** A write that fails below succeeds above, and the data is on a lease. */
export async function writeErrors(s: Scenario, host: LabHost): Promise<void> {
  const target = new RemapTarget(host, 'w0', 'main', 65_536);
  await target.lend('s1', 2048, 1600);
  await target.lend('s2', 2048, 1600);
  await target.create();
  await host.run('head -c 33554432 /dev/urandom > /tmp/image');
  await host.run(`dd if=/tmp/image of=${target.path} bs=1M ${dd} oflag=direct,dsync`);
  const same = async (fact: string) => {
    const { code } = await host.exec(
      `dd if=${target.path} bs=1M iflag=direct status=none | cmp - /tmp/image`,
    );
    s.check(fact, code === 0);
  };
  await same('a target without remaps reads back what was written');
  s.equal('and has none', (await target.status()).usedBlocks, 0);

  const event = Number(await host.run(`dmsetup info -c --noheadings -o events ${target.name}`));
  await host.breakDisk('main', { sector: 1000, count: 3, on: 'writes' });
  await s.step('a 1 MiB write over three bad sectors succeeds', async () => {
    await host.run(
      `head -c 1048576 /dev/urandom | dd of=/tmp/image bs=1M conv=notrunc iflag=fullblock status=none;
       dd if=/tmp/image of=${target.path} bs=1M count=1 ${dd}`,
    );
  });
  const status = await target.status();
  s.equal(
    'only the block that holds them was remapped',
    [status.usedBlocks, status.remaps],
    [1, 1],
  );
  s.equal('it is the right block', (await target.message('list')).split(' ')[0], '125');
  s.check(
    'an event was raised',
    Number(await host.run(`dmsetup info -c --noheadings -o events ${target.name}`)) > event,
  );
  await same('every byte is right');

  await host.breakDisk('main', { sector: 8000, count: 1, on: 'writes' });
  await s.step('a write of one sector of a block succeeds', async () => {
    await host.run(
      `head -c 512 /dev/urandom | dd of=/tmp/image bs=512 seek=8000 conv=notrunc iflag=fullblock status=none;
       dd if=/tmp/image of=${target.path} bs=512 skip=8000 seek=8000 count=1 ${dd}`,
    );
  });
  await same('the rest of the block came along');

  await host.breakDisk('main', { sector: 16000, count: 512, on: 'writes' });
  await host.run(
    `head -c 262144 /dev/urandom | dd of=/tmp/image bs=64k seek=125 conv=notrunc iflag=fullblock status=none;
     dd if=/tmp/image of=${target.path} bs=64k skip=125 seek=125 count=4 ${dd}`,
  );
  const spread = (await target.status()).leases.map((lease) => lease.usedBlocks);
  s.check(
    'remaps are spread over the leases, a batch at a time',
    Math.abs((spread[0] ?? 0) - (spread[1] ?? 0)) <= 16,
    spread.join(' '),
  );
  await same('every byte is right');

  await s.step('unaligned reads across remapped and healthy blocks are right', async () => {
    for (const [skip, count] of [
      [999, 3],
      [990, 33],
      [7999, 10],
      [15_990, 100],
      [1001, 1],
    ]) {
      await host.run(
        `dd if=${target.path} bs=512 skip=${skip} count=${count} iflag=direct status=none |
         cmp - <(dd if=/tmp/image bs=512 skip=${skip} count=${count} status=none)`,
      );
    }
  });

  const [lease] = target.leases;
  await host.breakDisk('s1', { sector: lease?.offset ?? 0, count: 1600, on: 'writes' });
  await host.breakDisk('main', { sector: 24_000, count: 8, on: 'writes' });
  await s.step('a write still succeeds when one of the leases fails too', async () => {
    await host.run(`dd if=/tmp/image of=${target.path} bs=4096 skip=3000 seek=3000 count=1 ${dd}`);
  });
  await same('every byte is right');
  await s.step('a remapped block whose spare fails is remapped again', async () => {
    await host.run(`dd if=/tmp/image of=${target.path} bs=1M count=16 ${dd}`);
  });
  await same('every byte is right');

  await host.breakDisk('s2', { sector: 2048, count: 1600, on: 'writes' });
  await host.breakDisk('main', { sector: 32_000, count: 8, on: 'writes' });
  await s.step('with no lease left, the error goes up and nothing hangs', async () => {
    const { code } = await host.exec(
      `dd if=/tmp/image of=${target.path} bs=4096 skip=4000 seek=4000 count=1 ${dd}`,
    );
    if (code === 0) throw new Error('the write succeeded');
    await target.status();
  });
  await target.remove();
  for (const disk of ['main', 's1', 's2']) await host.healDisk(disk);
}
