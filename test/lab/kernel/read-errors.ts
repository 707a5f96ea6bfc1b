import type { LabHost } from '../../../src/lab/lab-host.js';
import type { Scenario } from '../../../src/lab/scenario.js';
import { KnownContent } from '../support/known-content.js';
import { RemapTarget } from '../support/remap-target.js';

/** What cannot be read is an error until it is written again, by sector. */
export async function readErrors(s: Scenario, host: LabHost): Promise<void> {
  const target = new RemapTarget(host, 'e0', 'main', 65_536);
  await target.lend('n1', 2048, 4096);
  await target.create();
  const content = await KnownContent.written(host, target.path);

  await host.breakDisk('main', { sector: 2003, count: 1 });
  s.equal('a read of a bad sector is an error', await content.reads(2003, 1), 'error');
  s.equal('so is a large read over it', await content.reads(1900, 256), 'error');
  s.equal('its neighbours in the block still read', await content.reads(2004, 4), 'right');
  s.equal('one block is pending', (await target.status()).pendingBlocks, 1);
  s.equal('it is the right one', await target.message('pending'), '250');

  await s.step('a write of another sector of the block succeeds', () => content.write(2006, 1));
  s.equal('that sector reads right', await content.reads(2006, 1), 'right');
  s.equal('the rest came along', await content.reads(2004, 4), 'right');
  s.equal(
    'the bad sector is still an error, never invented data',
    await content.reads(2003, 1),
    'error',
  );
  s.equal('also within a larger read', await content.reads(2000, 8), 'error');
  s.equal('nothing is pending any more', (await target.status()).pendingBlocks, 0);
  s.check('its valid mask says so', (await target.message('list')).trim().endsWith(' f7'));

  await s.step('the bad sector is rewritten', () => content.write(2003, 1));
  s.equal('now it reads right', await content.reads(2003, 1), 'right');
  s.equal('a large read over it is right', await content.reads(1900, 256), 'right');
  s.check('its valid mask says so', (await target.message('list')).trim().endsWith(' ff'));

  await host.breakDisk('main', { sector: 4000, count: 8 });
  s.equal('a whole bad block is an error', await content.reads(4000, 8), 'error');
  await s.step('a rewrite of all of it succeeds', () => content.write(4000, 8));
  s.equal('and it reads right', await content.reads(3900, 256), 'right');

  await s.step('a block can be moved by message while it still reads', async () => {
    const before = (await target.status()).usedBlocks;
    const said = await target.message('remap 6000 17');
    if (said !== '3') throw new Error(`moved ${said} blocks, not 3`);
    if ((await target.status()).usedBlocks !== before + 3) throw new Error('status differs');
    if ((await target.message('remap 6000 17')) !== '0') throw new Error('moved them twice');
  });
  s.equal('moved blocks read right', await content.reads(5900, 200), 'right');
  const paged = await target.message('list 0 2');
  s.check('a long list comes in pages', /\nnext \d+$/.test(paged.trim()), paged);
  s.equal(
    'the next page goes on where it ended',
    (await target.message(`list ${paged.trim().split(' ').at(-1) ?? ''}`)).split('\n').length,
    3,
  );
  const { code } = await host.exec(`dmsetup message ${target.name} 0 nonsense`);
  s.check('an unknown message is refused', code !== 0);
  await target.remove();
  await host.healDisk('main');
}
