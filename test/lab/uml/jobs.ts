import type { Scenario } from '../../../src/lab/scenario.js';
import { breakSectors, healSectors } from '../../../src/lab/uml/disks.js';
import { fill, letters } from '../support/letters.js';
import { RemapTarget } from '../support/remap-target.js';
import type { UmlStage } from './stage.js';

const sectors = 16_384;

/** What the kernel answers to a message that it does not carry out. */
async function refusal(stage: UmlStage, target: RemapTarget, text: string): Promise<string> {
  const { code, stderr } = await stage.exec(`dmsetup message ${target.name} 0 ${text}`);
  return code === 0 ? 'done' : (/failed: (.*)/.exec(stderr)?.[1] ?? stderr);
}

async function ended(stage: UmlStage, target: RemapTarget) {
  await stage.run(`while dmsetup status ${target.name} | grep -q :running:; do sleep 0.1; done`);
  const { job } = await target.status();
  return [job?.state, job?.doneBlocks, job?.failedBlocks, job?.totalBlocks];
}

/** Blocks of one letter each, whose main device does not take them. */
async function remapped(stage: UmlStage, target: RemapTarget, blocks: Record<number, string>) {
  for (const [block, letter] of Object.entries(blocks)) {
    await breakSectors(stage.guest, 'main', Number(block) * 8, 8);
    await fill(stage, target.path, Number(block), letter);
  }
}

const heal = (stage: UmlStage) => healSectors(stage.guest, 'main', 0, sectors);

const held = async (stage: UmlStage, path: string, blocks: readonly number[]) => {
  let all = '';
  for (const block of blocks) all += await letters(stage, path, block);
  return all;
};

async function release(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 'r0', 'main', sectors);
  await target.lend('s1', 64, 1024);
  await target.create();
  s.equal('no job was started yet', (await target.status()).job, null);
  await remapped(stage, target, { 10: 'a', 11: 'b', 100: 'c' });
  await target.message('release all');
  s.equal('what the main device does not take is not released', await ended(stage, target), [
    'done',
    0,
    3,
    3,
  ]);
  s.equal('and keeps its data', await held(stage, target.path, [10, 11, 100]), 'abc');

  await heal(stage);
  await target.message('release 80 16');
  s.equal('a healed range is released', await ended(stage, target), ['done', 2, 0, 2]);
  s.equal('and the rest is not', (await target.message('list')).split(' ')[0], '100');
  s.equal('its data is on the main device', await held(stage, '/dev/main', [10, 11]), 'ab');

  await breakSectors(stage.guest, 'main', 1600, 8);
  await stage.run(
    `head -c 512 /dev/zero | tr '\\0' d | dd of=${target.path} bs=512 seek=1603 count=1 oflag=direct status=none`,
  );
  await heal(stage);
  await target.message('release all');
  s.equal(
    'a block of which sectors were lost is not released, others are',
    await ended(stage, target),
    ['done', 1, 1, 2],
  );
  const read = await stage.exec(
    `dd if=${target.path} of=/dev/null bs=512 skip=1602 count=1 iflag=direct`,
  );
  s.check('its lost sectors stay errors', read.code !== 0);
  const list = await target.message('list');
  s.equal(
    'only it lives in a lease',
    list.split(' ').filter((_, word) => word % 4 === 0),
    ['200'],
  );
  await target.remove();
  await target.create();
  s.equal('that survives a restart', await target.message('list'), list);
  s.equal('and so does what was released', await held(stage, target.path, [10, 11, 100]), 'abc');
  await target.remove();
}

async function releaseUnreadable(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 'u0', 'main', sectors);
  const lease = await target.lend('s1', 4096, 1024);
  await target.create();
  await remapped(stage, target, { 10: 'a' });
  await heal(stage);
  const first = lease.offset + 32; // where a lease of one entry page keeps its first block
  await breakSectors(stage.guest, 's1', first, 8);
  await target.message('release all');
  s.equal('a block that its lease cannot give is not released', await ended(stage, target), [
    'done',
    0,
    1,
    1,
  ]);
  s.equal('it becomes pending', (await target.message('pending')).trim(), '10');
  s.check(
    'and reads as an error',
    (await stage.exec(`dd if=${target.path} of=/dev/null bs=4096 skip=10 count=1 iflag=direct`))
      .code !== 0,
  );
  await healSectors(stage.guest, 's1', first, 8);
  s.equal('until it can be read again', await letters(stage, target.path, 10), 'a');
  await target.message('release all');
  s.equal('then it is released', await ended(stage, target), ['done', 1, 0, 1]);
  s.equal('and no longer pending', (await target.message('pending')).trim(), '');
  s.equal('its data is on the main device', await letters(stage, '/dev/main', 10), 'a');
  await target.remove();
}

async function evacuate(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 'e0', 'main', sectors);
  const first = await target.lend('s1', 64, 2048);
  const second = await target.lend('s2', 64, 4096);
  await target.create();
  await stage.run(
    `dd if=/dev/zero of=${target.path} bs=1M count=8 oflag=direct status=none
     dmsetup message e0 0 remap 4096 1200`,
  );
  const used = (await target.status()).leases[0]?.usedBlocks ?? 0;
  s.check('a lease holds blocks', used > 40, `${used}`);
  const load =
    'fio --name=load --filename=/dev/mapper/e0 --direct=1 --rw=randwrite --bsrange=512-32k --ioengine=psync ' +
    `--thread --offset=2M --size=1M --verify=crc32c --randseed=${s.seed} --output=/run/fio.log`;
  await s.step('under a verifying load a lease is evacuated, then leaves the table', async () => {
    const fio = stage.guest.run(
      `${load} --io_size=6M --verify_backlog=64 --verify_fatal=1 || { cat /run/fio.log; exit 1; }`,
      { timeoutMs: 300_000 },
    );
    fio.catch(() => undefined);
    await target.message(`evacuate ${first.id}`);
    s.equal('all of it is moved', await ended(stage, target), ['done', used, 0, used]);
    target.leases.shift();
    await target.reload();
    await fio;
  });
  const { leases } = await target.status();
  s.equal(
    'the other lease holds all',
    leases.map(({ leaseId, usedBlocks }) => [leaseId, usedBlocks]),
    [[second.id, 150]],
  );
  await target.remove();
  await target.create();
  await s.step('after a restart without it the data is there', () =>
    stage.guest.run(`${load} --io_size=6M --verify_only || { cat /run/fio.log; exit 1; }`, {
      timeoutMs: 300_000,
    }),
  );
  await target.remove();
}

async function migrate(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 'm0', 'main', sectors);
  for (const offset of [64, 2048]) await target.lend('s1', offset, 1024);
  const to = await target.lend('s2', 64, 1024);
  await target.create();
  await target.message('remap 800 480');
  const where = async () => {
    const list = (await target.message('list')).split('\n').map((line) => line.split(' '));
    return list.filter(([, lease]) => lease === '2').map(([block]) => Number(block));
  };
  const before = await where();
  await target.message(`migrate 880 160 ${to.id}`);
  const [state, done = 0, failed, total = 0] = await ended(stage, target);
  const after = await where();
  const range = Array.from({ length: 20 }, (_, index) => 110 + index);
  const outside = before.filter((block) => !range.includes(block));
  s.equal('a range is migrated', [state, failed, done], ['done', 0, total]);
  s.equal(
    'all of it lives in the lease then, and of the rest what did before',
    after,
    [...outside, ...range].sort((a, b) => a - b),
  );
  s.equal('nothing was lost of the map', (await target.status()).usedBlocks, 60);
  await target.remove();
}

/** On a slow spare, so that jobs are met while they run. */
async function interrupted(s: Scenario, stage: UmlStage): Promise<void> {
  await stage.run(
    `dmsetup create slow --noudevsync --table '0 8192 delay /dev/s1 0 40' && dmsetup mknodes slow`,
  );
  stage.useMapped('slow');
  const target = new RemapTarget(stage, 'i0', 'main', sectors);
  const slow = await target.lend('slow', 64, 4096);
  await target.lend('s2', 64, 4096);
  await target.create();
  await target.message('remap 0 3072');
  await target.message(`evacuate ${slow.id}`);
  s.equal(
    'a second job is refused while one runs',
    await refusal(stage, target, 'release all'),
    'Device or resource busy',
  );
  await target.message('cancel');
  const { job } = await target.status();
  s.check(
    'a job ends when it is cancelled',
    job?.state === 'cancelled' && job.doneBlocks < job.totalBlocks,
    JSON.stringify(job),
  );
  s.equal('twice it is not', await refusal(stage, target, 'cancel'), 'No such file or directory');
  const [held = 0] = (await target.status()).leases.map(({ usedBlocks }) => usedBlocks);
  await target.message('remap 8192 256');
  const [then = 0] = (await target.status()).leases.map(({ usedBlocks }) => usedBlocks);
  s.check('the lease takes blocks again', then > held, `${held} ${then}`);

  await target.message(`evacuate ${slow.id}`);
  await stage.run('dmsetup suspend --noudevsync i0');
  const paused = (await target.status()).job;
  await stage.run('sleep 1');
  s.equal('a job stands still while suspended', (await target.status()).job, paused);
  s.check('in the middle', paused?.state === 'running', JSON.stringify(paused));
  for (const text of ['cancel', 'release all', 'remap 0 8', 'scrub start']) {
    s.equal(
      `${text} has to wait then`,
      await refusal(stage, target, text),
      'Resource temporarily unavailable',
    );
  }
  await stage.run('dmsetup resume --noudevsync i0');
  await target.reload();
  s.equal('and goes on after, in the next table', (await target.status()).job?.state, 'running');
  const [state, done, failed, total] = await ended(stage, target);
  s.equal('to its end', [state, failed, done], ['done', 0, total]);
  s.equal('then the lease is empty', (await target.status()).leases[0]?.usedBlocks, 0);

  s.equal(
    'an evacuated lease takes nothing',
    await refusal(stage, target, `migrate 0 3072 ${slow.id}`),
    'No space left on device',
  );
  await target.reload(); // until then
  await s.step('a target can be removed while a job runs', () =>
    stage.run(`dmsetup message i0 0 migrate 0 3072 ${slow.id} && dmsetup remove --noudevsync i0`),
  );
  await target.create();
  s.equal('it is forgotten then', (await target.status()).job, null);
  s.equal('what lives in leases is not', (await target.status()).usedBlocks, 416);
  await target.remove();
  await stage.run('dmsetup remove --noudevsync slow');
}

/** The lease is full, or failed, or the only one: blocks have nowhere to go. */
async function nowhereToGo(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 'n0', 'main', sectors);
  const only = await target.lend('s1', 64, 1024);
  await target.create();
  s.equal(
    'an empty lease can always be evacuated',
    await refusal(stage, target, `evacuate ${only.id}`),
    'done',
  );
  s.equal('which ends at once', await ended(stage, target), ['done', 0, 0, 0]);
  await target.reload();
  await target.message('remap 0 8');
  const full = 'No space left on device';
  s.equal(
    'the only lease with a block cannot',
    await refusal(stage, target, `evacuate ${only.id}`),
    full,
  );
  const { mode, job } = await target.status();
  s.equal('there is no job then', [mode, job?.totalBlocks], ['rw', 0]);
  await target.message('remap 8 8');
  s.equal('and the lease takes blocks as before', (await target.status()).usedBlocks, 2);

  const small = await target.lend('s2', 64, 48); // two blocks
  await target.reload();
  await target.message('remap 16 16');
  s.equal(
    'a full lease takes nothing',
    await refusal(stage, target, `migrate 0 8 ${small.id}`),
    full,
  );
  s.equal(
    'nor from one that is evacuated',
    await refusal(stage, target, `evacuate ${only.id}`),
    full,
  );
  s.equal(
    'but it can be evacuated itself',
    await refusal(stage, target, `evacuate ${small.id}`),
    'done',
  );
  s.equal('to the other', await ended(stage, target), ['done', 2, 0, 2]);
  s.equal(
    'nothing has to be moved to where it is',
    await refusal(stage, target, `migrate 0 8 ${only.id}`),
    'done',
  );
  await target.reload();
  const complaints = () =>
    stage.run(`dmesg | grep -c 'target ${target.id}: .* -> nospace' || true`);
  const before = await complaints();
  await target.message(`migrate 0 32 ${small.id}`);
  const [, moved] = await ended(stage, target);
  s.equal('a lease takes what it has room for', moved, 2);
  s.equal('and the target never was without space for it', await complaints(), before);
  await target.remove();
}

async function refused(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 'x0', 'main', sectors);
  const { id } = await target.lend('s1', 64, 1024);
  await target.create();
  const stranger = target.id;
  const answers: Record<string, string> = {
    nonsense: 'Invalid argument',
    release: 'Invalid argument',
    'release some': 'Invalid argument',
    'release 8 x': 'Invalid argument',
    'release 0 0': 'Numerical result out of range',
    [`release 8 ${sectors}`]: 'Numerical result out of range',
    evacuate: 'Invalid argument',
    'evacuate x': 'No such file or directory',
    [`evacuate ${stranger}`]: 'No such file or directory',
    [`migrate 0 8`]: 'Invalid argument',
    [`migrate ${sectors} 8 ${id}`]: 'Numerical result out of range',
    [`migrate 0 8 ${stranger}`]: 'No such file or directory',
    cancel: 'No such file or directory',
    'cancel all': 'Invalid argument',
    scrub: 'Invalid argument',
    'scrub faster': 'Invalid argument',
    'scrub start 0': 'Invalid argument',
    'scrub start rate 0': 'Invalid argument',
    [`scrub start ${sectors} 8`]: 'Numerical result out of range',
    'scrub pause': 'No such file or directory',
    'scrub resume': 'No such file or directory',
    'scrub stop': 'No such file or directory',
    stats: 'Invalid argument',
    'stats clear': 'Invalid argument',
    'list x': 'Invalid argument',
    'pending 0 1 2': 'Invalid argument',
    'remap 0': 'Invalid argument',
    'remap 0 0': 'Numerical result out of range',
  };
  const said: Record<string, string> = {};
  for (const text of Object.keys(answers)) said[text] = await refusal(stage, target, text);
  s.equal('each message that is wrong has its error', said, answers);
  await target.message('remap 0 80');
  s.equal('counters count', (await target.status()).remaps, 10);
  await target.message('stats reset');
  const { readErrors, remaps, usedBlocks } = await target.status();
  s.equal(
    'and are zero after a reset; the map is as it was',
    [readErrors, remaps, usedBlocks],
    [0, 0, 10],
  );
  await target.remove();
}

/** Messages that take long: release, evacuate, migrate, and what ends them. */
export async function jobs(s: Scenario, stage: UmlStage): Promise<void> {
  await stage.addDisk({ name: 'main', sizeMiB: 8 });
  await stage.addDisk({ name: 's1', sizeMiB: 4, writeBack: true });
  await stage.addDisk({ name: 's2', sizeMiB: 4 });
  await refused(s, stage);
  await nowhereToGo(s, stage);
  await release(s, stage);
  await releaseUnreadable(s, stage);
  await migrate(s, stage);
  await evacuate(s, stage);
  await interrupted(s, stage);
}
