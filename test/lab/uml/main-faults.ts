import type { Scenario } from '../../../src/lab/scenario.js';
import { breakSectors } from '../../../src/lab/uml/disks.js';
import { fill, letters } from '../support/letters.js';
import { RemapTarget } from '../support/remap-target.js';
import type { UmlStage } from './stage.js';

const sectors = 16_384;

/** A mapped device over the main disk, which breaks it; loading another table changes how. */
async function cover(stage: UmlStage, name: string, how: string): Promise<void> {
  await stage.run(
    `dmsetup create ${name} --noudevsync --table '0 ${sectors} ${how}' && dmsetup mknodes ${name}`,
  );
  stage.useMapped(name);
}

async function recover(stage: UmlStage, name: string, how: string): Promise<void> {
  await stage.run(
    `dmsetup load ${name} --table '0 ${sectors} ${how}' && dmsetup resume --noudevsync --nolockfs ${name}`,
  );
}

async function withTarget(
  stage: UmlStage,
  main: string,
  action: (target: RemapTarget) => Promise<void>,
): Promise<void> {
  const target = new RemapTarget(stage, 'r0', main, sectors);
  await target.lend('s1', 2048, 2048);
  await target.create();
  await action(target);
  await target.remove();
}

/** Reads fail until the sector is written again, as on a disk. */
async function dust(s: Scenario, stage: UmlStage): Promise<void> {
  await cover(stage, 'dusty', 'dust /dev/main 0 512');
  await withTarget(stage, 'dusty', async (target) => {
    await fill(stage, target.path, 5, 'a');
    await stage.run('dmsetup message dusty 0 addbadblock 42 && dmsetup message dusty 0 enable');
    const read = await stage.exec(
      `dd if=${target.path} of=/dev/null bs=4096 skip=5 count=1 iflag=direct`,
    );
    s.check('a sector under dm-dust cannot be read', read.code !== 0);
    s.equal('its block is pending', await target.message('pending'), '5');
    s.equal('a write to it succeeds', await fill(stage, target.path, 5, 'b'), 0);
    const { pendingBlocks, usedBlocks } = await target.status();
    s.equal('and moves it to a lease', [pendingBlocks, usedBlocks], [0, 1]);
    s.equal('where it can be read', await letters(stage, target.path, 5), 'b');
  });
  await stage.run('dmsetup remove --noudevsync dusty');
}

/** A sector alone is written to a block that cannot be read. */
async function partOfBlock(s: Scenario, stage: UmlStage): Promise<void> {
  await withTarget(stage, 'main', async (target) => {
    await fill(stage, target.path, 200, 'a');
    await breakSectors(stage.guest, 'main', 1600, 8);
    const write = await stage.exec(
      `head -c 512 /dev/zero | tr '\\0' b | dd of=${target.path} bs=512 seek=1603 count=1 oflag=direct`,
    );
    s.equal('a sector of a block that is lost can be written', write.code, 0);
    const read = await stage.exec(
      `for n in 0 1 2 3 4 5 6 7; do
         dd if=${target.path} bs=512 skip=$((1600 + n)) count=1 iflag=direct status=none |
           fold -w1 | sort -u | tr -d '\\n' | sed 's/^$/-/'
         [ \${PIPESTATUS[0]} = 0 ] || printf -- -
       done`,
    );
    s.equal('then it alone can be read', read.stdout, '---b----');
    s.equal('until the block is written', await fill(stage, target.path, 200, 'c'), 0);
    s.equal('and then all of it', await letters(stage, target.path, 200), 'c');
  });
}

/** For a time the main device takes no writes, and then it does again. */
async function flakey(s: Scenario, stage: UmlStage): Promise<void> {
  await cover(stage, 'flaky', 'linear /dev/main 0');
  await withTarget(stage, 'flaky', async (target) => {
    await stage.run(
      `head -c 4M /dev/urandom > /run/image && dd if=/run/image of=${target.path} bs=1M oflag=direct status=none`,
    );
    const same = async (fact: string) => {
      const { code } = await stage.exec(
        `dd if=${target.path} bs=1M count=4 iflag=direct status=none | cmp - /run/image`,
      );
      s.check(fact, code === 0);
    };
    await recover(stage, 'flaky', 'flakey /dev/main 0 0 60 1 error_writes');
    await s.step('while every write below fails, writes succeed', () =>
      stage.run(
        `head -c 256k /dev/urandom | dd of=/run/image bs=64k seek=3 conv=notrunc iflag=fullblock status=none &&
         dd if=/run/image of=${target.path} bs=64k skip=3 seek=3 count=4 oflag=direct status=none`,
      ),
    );
    s.equal('each block of them was moved', (await target.status()).usedBlocks, 64);
    await same('all data is there');
    await recover(stage, 'flaky', 'flakey /dev/main 0 0 60');
    await stage.run('sleep 1.5'); // a device that has just answered is not asked again
    const write = await stage.exec(
      `dd if=/run/image of=${target.path} bs=64k skip=40 seek=40 count=1 oflag=direct`,
    );
    s.check('while nothing works below, writes fail', write.code !== 0);
    const { mode, usedBlocks } = await target.status();
    s.equal(
      'the main device is taken for dead, and nothing moves',
      [mode, usedBlocks],
      ['failed', 64],
    );
    await recover(stage, 'flaky', 'linear /dev/main 0');
    await target.reload();
    await same('when the main device is back and a table is resumed, all data is there');
    const again = await stage.exec(
      `dd if=/run/image of=${target.path} bs=64k skip=40 seek=40 count=1 oflag=direct`,
    );
    s.equal('and writes succeed', again.code, 0);
    await target.remove();
    await target.create();
    await same('and after a restart too');
  });
  await stage.run('dmsetup remove --noudevsync flaky');
}

/** A spare that acknowledges writes and forgets them breaks every promise; nothing else may break. */
async function forgetfulSpare(s: Scenario, stage: UmlStage): Promise<void> {
  await cover(stage, 'forgets', 'linear /dev/s1 0');
  const target = new RemapTarget(stage, 'r1', 'main', sectors);
  await target.lend('forgets', 8192, 1024);
  await target.create();
  await fill(stage, target.path, 300, 'a');
  await breakSectors(stage.guest, 'main', 2408, 1);
  await recover(stage, 'forgets', 'flakey /dev/s1 0 0 60 1 drop_writes');
  await fill(stage, target.path, 301, 'b');
  await target.remove();
  await recover(stage, 'forgets', 'linear /dev/s1 0');
  await s.step('after a spare forgot what it took, the target can be made again', () =>
    target.create(),
  );
  const { usedBlocks } = await target.status();
  s.equal('without the moves that were forgotten', usedBlocks, 0);
  s.equal('and with all that was not', await letters(stage, target.path, 300), 'a');
  await target.remove();
  await stage.run('dmsetup remove --noudevsync forgets');
}

export async function mainFaults(s: Scenario, stage: UmlStage): Promise<void> {
  await stage.addDisk({ name: 'main', sizeMiB: 8 });
  await stage.addDisk({ name: 's1', sizeMiB: 8, writeBack: true });
  await dust(s, stage);
  await flakey(s, stage);
  await partOfBlock(s, stage);
  await forgetfulSpare(s, stage);
}
