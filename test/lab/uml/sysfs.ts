import type { Scenario } from '../../../src/lab/scenario.js';
import { breakSectors } from '../../../src/lab/uml/disks.js';
import { fill } from '../support/letters.js';
import { RemapTarget } from '../support/remap-target.js';
import type { UmlStage } from './stage.js';
import { compileWorkload } from '../support/workload.js';

const top = '/sys/kernel/dm_remap';
const sectors = 16_384;

/** Every file below a directory with its line, by path. */
async function files(stage: UmlStage, directory: string): Promise<Record<string, string>> {
  const said = await stage.run(`cd ${directory} && find . -type f -exec grep -H '' {} +`);
  return Object.fromEntries(
    said.split('\n').map((line) => {
      const [, path = '', value = ''] = /^\.\/([^:]+):(.*)$/.exec(line) ?? [];
      return [path, value];
    }),
  );
}

/** What the files of a target have to say, by its status. */
async function expected(stage: UmlStage, target: RemapTarget): Promise<Record<string, string>> {
  const status = await target.status();
  const [, job = '', scrub = ''] =
    / (\S+) (\S+)$/.exec(await stage.run(`dmsetup status ${target.name}`)) ?? [];
  const main = await stage.run(`stat -Lc '%Hr:%Lr' ${await stage.device(target.mainDisk)}`);
  const own = {
    name: target.name,
    main,
    mode: status.mode,
    generation: status.generation,
    block_sectors: status.blockSectors,
    used_blocks: status.usedBlocks,
    total_blocks: status.totalBlocks,
    pending: status.pendingBlocks,
    read_errors: status.readErrors,
    write_errors: status.writeErrors,
    remaps: status.remaps,
    remap_failures: status.remapFailures,
    metadata_errors: status.metadataErrors,
    job,
    scrub,
  };
  const leases = status.leases.flatMap((lease) =>
    Object.entries({
      device: lease.device,
      used: lease.usedBlocks,
      total: lease.totalBlocks,
      retired: lease.retiredBlocks,
      errors: lease.errors,
      state: lease.state,
    }).map(([name, value]) => [`leases/${lease.leaseId}/${name}`, value] as const),
  );
  return Object.fromEntries(
    [...Object.entries(own), ...leases].map(([name, value]) => [name, String(value)]),
  );
}

const sorted = (values: Record<string, string>) =>
  Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));

async function saysWhatStatusSays(
  s: Scenario,
  stage: UmlStage,
  target: RemapTarget,
  when: string,
): Promise<void> {
  s.equal(
    `the files of a target say what its status says ${when}`,
    sorted(await files(stage, `${top}/${target.id}`)),
    sorted(await expected(stage, target)),
  );
}

async function values(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 'v0', 'main', sectors);
  await target.lend('s1', 64, 1024);
  await target.lend('s2', 64, 1024);
  await target.create();
  await saysWhatStatusSays(s, stage, target, 'when it is new');
  await breakSectors(stage.guest, 'main', 80, 1);
  await breakSectors(stage.guest, 'main', 160, 1);
  await fill(stage, target.path, 10, 'a');
  await stage.exec(`dd if=${target.path} of=/dev/null bs=4096 skip=20 count=1 iflag=direct`);
  await target.message('scrub start 0 1024 rate 4194304');
  await target.message(`evacuate ${target.leases[0]?.id ?? ''}`);
  await stage.run(
    `until dmsetup status v0 | grep -q 'evacuate:done.* scrub:done'; do sleep 0.1; done`,
  );
  await saysWhatStatusSays(s, stage, target, 'after errors, a job and a scrub');
  const { readErrors, remaps } = await target.status();
  s.check('and there were some', readErrors > 0 && remaps > 0);
  await stage.run('dmsetup rename --noudevsync v0 v1');
  s.equal(
    'the name is the one that it has now',
    await stage.run(`cat ${top}/${target.id}/name`),
    'v1',
  );
  await stage.run('dmsetup rename --noudevsync v1 v0');

  const totals = async () => {
    const { read_errors, remaps, targets } = await files(stage, top);
    return [Number(read_errors), Number(remaps), Number(targets)];
  };
  s.equal('the totals count it', await totals(), [readErrors, remaps, 1]);
  await target.message('stats reset');
  await saysWhatStatusSays(s, stage, target, 'when its counters were set to zero');
  s.equal('the totals stay', await totals(), [readErrors, remaps, 1]);
  await target.remove();
  s.equal('also when it is gone', await totals(), [readErrors, remaps, 0]);
}

async function leases(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 'l0', 'main', sectors);
  const first = await target.lend('s1', 64, 512);
  await target.create();
  const shown = async () =>
    (await stage.run(`ls ${top}/${target.id}/leases`)).split('\n').filter(Boolean).sort();
  s.equal('a lease has a directory', await shown(), [first.id]);
  const second = await target.lend('s2', 64, 512);
  const both = [first.id, second.id].sort();
  await stage.run(`dmsetup load l0 --table '${await target.table(2)}'`);
  s.equal('one that a loaded table grants too', await shown(), both);
  const read = await stage.exec(`cat ${top}/${target.id}/leases/${second.id}/used`);
  s.check('but it cannot be read yet', read.stderr.includes('No such device'), read.stderr);
  await stage.run('dmsetup clear l0');
  s.equal('it goes when the table is cleared', await shown(), [first.id]);
  await target.reload();
  s.equal('and is there when it is resumed', await shown(), both);
  await saysWhatStatusSays(s, stage, target, 'then');
  const held = await stage.exec(
    `exec 5< ${top}/${target.id}/leases/${first.id}/state; read -r state <&5; echo $state
     dmsetup load l0 --table '${await target.table(3, [second])}' && dmsetup resume --noudevsync l0
     ls ${top}/${target.id}/leases; cat <&5`,
  );
  s.equal('a lease that is left out loses its directory', held.stdout, `ok\n${second.id}\n`);
  s.check('an open file of it fails', held.stderr.includes('No such device'), held.stderr);
  target.leases.shift();
  target.generation = 3;

  // A spare that was plugged in again, or copied: the same lease on another device.
  const copy = 'dd bs=512 count=512 conv=notrunc status=none';
  await stage.run(`${copy} if=/dev/s2 skip=64 of=/dev/s1 seek=2048 oflag=direct`);
  const moved = { ...second, disk: 's1', offset: 2048 };
  await stage.run(
    `dmsetup load l0 --table '${await target.table(4, [moved])}' && dmsetup resume --noudevsync l0`,
  );
  s.equal('a lease on another device keeps its directory', await shown(), [second.id]);
  await saysWhatStatusSays(s, stage, target, 'also after that');
  await target.remove();
}

async function comingAndGoing(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 'c0', 'main', sectors);
  await target.lend('s1', 64, 1024);
  const refused = await stage.exec(
    `dmsetup create c0 --noudevsync --table '${await target.table()} 2 read_retries 99'`,
  );
  s.check('a table is refused', refused.code !== 0);
  s.equal('and leaves nothing', await stage.run(`cd ${top}; cat targets; find . -type d`), '0\n.');
  await target.create();
  const held = await stage.exec(
    `cd ${top}/${target.id}; exec 5< mode 6< name 7< leases/*/used; cat <&5
     cd /; dmsetup remove --noudevsync c0; ls -d ${top}/${target.id}; cat <&5; cat <&6; cat <&7`,
  );
  s.equal('a file is read', held.stdout, 'rw\n');
  s.equal(
    'and fails once its target is removed, with the file open',
    held.stderr.match(/No such device/g)?.length,
    3,
  );
  await s.step('targets come, change and go while everything is read', async () => {
    const [table, next] = await Promise.all(
      ['$round', '$((round + 1))'].map((generation) => target.table(generation)),
    );
    await stage.guest.run(
      `for reader in 1 2; do
         while [ ! -e /run/enough ]; do
           for file in ${top}/* ${top}/*/* ${top}/*/leases/*/*; do
             read -r line < $file
           done
         done 2> /dev/null &
       done
       for round in 1 2 3 4 5 6 7 8; do
         dmsetup create c0 --noudevsync --table "${table}" && dmsetup message c0 0 remap 0 80 &&
           dmsetup load c0 --table "${next}" && dmsetup resume --noudevsync c0 &&
           dmsetup remove --noudevsync c0 || code=1
       done
       touch /run/enough; wait; exit $code`,
      { timeoutMs: 300_000 },
    );
  });
}

/**
 * In a guest of its own without kmemleak: what device-mapper's own caches leave behind when they get no
 * memory would hide in it what the target leaves.
 */
export async function sysfsNoMemory(s: Scenario, stage: UmlStage): Promise<void> {
  await stage.addDisk({ name: 'main', sizeMiB: 8 });
  await stage.addDisk({ name: 's1', sizeMiB: 4, writeBack: true });
  const target = new RemapTarget(stage, 'c0', 'main', sectors);
  await target.lend('s1', 64, 1024);
  const program = await compileWorkload(s, 'load-faults');
  const parameters = (await target.table(100)).split(' ').slice(3).join(' ');
  await s.step('whatever allocation fails, a table is refused whole', async () => {
    await stage.run(
      `cd /sys/kernel/debug/failslab && echo 0 > verbose && echo 0 > ignore-gfp-wait`,
    );
    s.note(await stage.run(`${program} c0 ${sectors} '${parameters}'`));
  });
}

/** /sys/kernel/dm_remap says what the status says, and goes with what it is about. */
export async function sysfs(s: Scenario, stage: UmlStage, module: string): Promise<void> {
  await stage.addDisk({ name: 'main', sizeMiB: 8 });
  await stage.addDisk({ name: 's1', sizeMiB: 4, writeBack: true });
  await stage.addDisk({ name: 's2', sizeMiB: 4 });
  const { version = '', ...rest } = await files(stage, top);
  const loaded = await stage.run(`dmsetup targets | grep -w remap`);
  s.check('the version is that of the target', loaded.endsWith(`v${version}`), loaded);
  s.equal('there is nothing yet to count', [...new Set(Object.values(rest))], ['0']);
  await values(s, stage);
  await leases(s, stage);
  await comingAndGoing(s, stage);
  const gone = await stage.exec(
    `exec 5< ${top}/remaps; rmmod dm_remap; ls ${top}; cat <&5; insmod ${module}`,
  );
  s.check(
    'all is gone with the module, open files too',
    /No such file[^]*No such device/.test(gone.stderr) && gone.code === 0,
    gone.stderr,
  );
}
