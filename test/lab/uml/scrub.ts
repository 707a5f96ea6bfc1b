import type { Scenario } from '../../../src/lab/scenario.js';
import { breakSectors, healSectors } from '../../../src/lab/uml/disks.js';
import { fill } from '../support/letters.js';
import { RemapTarget } from '../support/remap-target.js';
import type { UmlStage } from './stage.js';

const sectors = 16_384; // 128 segments
/** Of a disk that at ten segments a second is not scrubbed before all about that is seen. */
const wideSegments = 4096;

async function done(stage: UmlStage, target: RemapTarget) {
  await stage.run(`until dmsetup status ${target.name} | grep -q scrub:done; do sleep 0.1; done`);
  return (await target.status()).scrub;
}

async function latent(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 's0', 'main', sectors);
  const lease = await target.lend('s1', 64, 1024);
  await target.create();
  s.equal('no scrub was started yet', (await target.status()).scrub, null);
  await breakSectors(stage.guest, 'main', 80, 8);
  await fill(stage, target.path, 10, 'a');
  await target.message('scrub start rate 4194304');
  s.equal('on a good disk a scrub finds nothing', await done(stage, target), {
    state: 'done',
    doneSegments: 128,
    totalSegments: 128,
    foundBlocks: 0,
  });
  const { pendingBlocks, readErrors, usedBlocks } = await target.status();
  s.equal('and changes nothing', [pendingBlocks, readErrors, usedBlocks], [0, 0, 1]);

  const pages = Math.ceil(1024 / 8 / 168);
  const start = 16 + 16 * pages;
  await breakSectors(stage.guest, 'main', 9001, 1);
  await breakSectors(stage.guest, 'main', 16_380, 2);
  await breakSectors(stage.guest, 's1', lease.offset + start + 3, 1);
  await target.message('scrub start 0 9000 rate 4194304');
  s.equal('a scrub of a part finds what is bad there, in leases too', await done(stage, target), {
    state: 'done',
    doneSegments: 71,
    totalSegments: 71,
    foundBlocks: 1,
  });
  s.equal('which is pending', await target.message('pending'), '10');
  await target.message('scrub start rate 4194304');
  s.equal('a scrub of all finds the rest', (await done(stage, target))?.foundBlocks, 3);
  s.equal('that alone is pending', await target.message('pending'), '10\n1125\n2047');
  await healSectors(stage.guest, 'main', 0, sectors);
  await healSectors(stage.guest, 's1', 0, 8192);
  await target.remove();
}

async function position(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 's1', 'wide', wideSegments * 128);
  await target.lend('s1', 64, 1024);
  await target.create();
  const at = async () => (await target.status()).scrub?.doneSegments ?? -1;
  const beyond = async (segment: number) => {
    while ((await at()) <= segment);
  };
  const refused = async (text: string) => {
    const { stderr } = await stage.exec(`dmsetup message s1 0 ${text}`);
    return /failed: (.*)/.exec(stderr)?.[1];
  };
  await target.message('scrub start rate 64');
  s.equal(
    'a second scrub is refused while one runs',
    await refused('scrub start'),
    'Device or resource busy',
  );
  s.equal('so is to resume it', await refused('scrub resume'), 'No such file or directory');
  await beyond(3);
  await target.message('scrub pause');
  await stage.run('sleep 0.3');
  const paused = await at();
  await stage.run('sleep 0.5');
  s.equal('a paused scrub stands still', await at(), paused);
  await target.reload();
  s.equal(
    'also over a reload',
    [await at(), (await target.status()).scrub?.state],
    [paused, 'paused'],
  );
  await target.message('scrub resume');
  await beyond(paused);
  await stage.run('dmsetup suspend --noudevsync s1');
  const suspended = await at();
  await stage.run('sleep 0.5');
  s.equal('a running one stands still while suspended', await at(), suspended);
  await stage.run('dmsetup resume --noudevsync s1');
  await target.reload();
  s.check('keeps its position over a reload', (await at()) >= suspended);
  await beyond(suspended);
  s.equal('and goes on', (await target.status()).scrub?.state, 'running');
  await target.message('scrub stop');
  s.equal('until it is stopped', (await target.status()).scrub?.state, 'stopped');
  s.equal('which it cannot be twice', await refused('scrub stop'), 'No such file or directory');
  await target.message('scrub start rate 4194304');
  s.equal('the next begins anew', (await done(stage, target))?.doneSegments, wideSegments);
  await target.message('scrub start rate 64');
  await s.step('a target is removed while it is scrubbed', () => target.remove());
}

/** On a disk that takes four seconds for each read, so that a scrub is met while it reads. */
async function stopped(s: Scenario, stage: UmlStage): Promise<void> {
  await stage.run(
    `dmsetup create slow --noudevsync --table '0 ${sectors} delay /dev/main 0 4000' && dmsetup mknodes slow`,
  );
  stage.useMapped('slow');
  const target = new RemapTarget(stage, 's2', 'slow', sectors);
  await target.lend('s1', 64, 1024);
  await target.create();
  await breakSectors(stage.guest, 'main', 0, 16);
  const message = 'dmsetup message s2 0 scrub';
  const reads = async () => (await stage.run('cat /sys/block/main/stat')).trim().split(/ +/)[0];
  await stage.run(`${message} start 0 16 && sleep 0.4 && ${message} stop`);
  const before = await reads();
  await stage.run('sleep 5');
  s.equal('a scrub that was stopped reads nothing any more', await reads(), before);
  await stage.run(
    `${message} start 0 16 && sleep 0.4 && ${message} stop && ${message} start 1024 256`,
  );
  s.equal('the next one knows nothing of what it was about to find', await done(stage, target), {
    state: 'done',
    doneSegments: 2,
    totalSegments: 2,
    foundBlocks: 0,
  });
  s.equal('nor does the target', (await target.status()).pendingBlocks, 0);
  await target.remove();
  await stage.run('dmsetup remove --noudevsync slow');
  await healSectors(stage.guest, 'main', 0, sectors);
}

/** The scrubber finds what is bad before it is needed, and can be held. */
export async function scrub(s: Scenario, stage: UmlStage): Promise<void> {
  await stage.addDisk({ name: 'main', sizeMiB: 8 });
  await stage.addDisk({ name: 'wide', sizeMiB: wideSegments / 16 });
  await stage.addDisk({ name: 's1', sizeMiB: 4, writeBack: true });
  await latent(s, stage);
  await position(s, stage);
  await stopped(s, stage);
}
