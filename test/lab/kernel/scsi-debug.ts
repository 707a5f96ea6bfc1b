import type { LabHost } from '../../../src/lab/lab-host.js';
import type { Scenario } from '../../../src/lab/scenario.js';
import { fill, letters } from '../support/letters.js';
import { KnownContent } from '../support/known-content.js';
import { RemapTarget, type TargetHost } from '../support/remap-target.js';

const sectors = 32_768;
const badStart = 0x1234; // in the middle of block 582
const badCount = 10;

/** What scsi_debug does wrong (its opts), to each command or each nth of those that carry data. */
const opts = {
  mediumErrors: 0x2,
  recoveredErrors: 0x8,
  transportErrors: 0x10,
  protectionErrors: 0x20,
} as const;

/** A SCSI disk of the kernel's own, which speaks of its errors in sense data as a drive does. */
class DebugDisk implements TargetHost {
  private constructor(
    private readonly host: LabHost,
    private readonly path: string,
  ) {}

  static async plugged(host: LabHost): Promise<DebugDisk> {
    await host.run(
      `modprobe scsi_debug dev_size_mb=${sectors / 2048} ndelay=10000 medium_error_start=${badStart} medium_error_count=${badCount}`,
    );
    const found = await host.run(
      'until ls /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block 2>/dev/null; do sleep 0.1; done',
    );
    return new DebugDisk(host, `/dev/${found.trim()}`);
  }

  /** How much it does wrong from now on; nothing by default. */
  async misbehave(what: keyof typeof opts | 'never', everyNth = 1): Promise<void> {
    const driver = '/sys/bus/pseudo/drivers/scsi_debug';
    const value = what === 'never' ? 0 : opts[what];
    const nth = what === 'never' || what === 'mediumErrors' ? 0 : everyNth;
    await this.host.run(`echo ${value} > ${driver}/opts; echo ${nth} > ${driver}/every_nth`);
  }

  /** Commands that did not end well at once, whatever became of them. */
  async complaints(): Promise<number> {
    return Number(await this.host.run(`cat /sys/block/$(basename ${this.path})/device/ioerr_cnt`));
  }

  async unplug(): Promise<void> {
    await this.misbehave('never');
    await this.host.run('modprobe -r scsi_debug');
  }

  device(disk: string): Promise<string> {
    return disk === 'debug' ? Promise.resolve(this.path) : this.host.device(disk);
  }

  run(command: string, options?: { input: Buffer }): Promise<string> {
    return this.host.run(command, options);
  }

  exec(command: string) {
    return this.host.exec(command);
  }
}

/** Errors as SCSI tells them apart: a bad sector is remapped, trouble on the way to it is not. */
export async function scsiDebug(s: Scenario, host: LabHost): Promise<void> {
  const disk = await DebugDisk.plugged(host);
  await mediumErrors(s, disk);
  await harmless(s, disk);
  await protectionErrors(s, disk);
  await brokenTransport(s, disk);
  await disk.unplug();
}

async function makeTarget(disk: DebugDisk): Promise<RemapTarget> {
  const target = new RemapTarget(disk, 'g0', 'debug', sectors);
  await target.lend('s1', 2048, 2048);
  await target.create();
  return target;
}

async function mediumErrors(s: Scenario, disk: DebugDisk): Promise<void> {
  const target = await makeTarget(disk);
  const content = await KnownContent.written(disk, target.path);
  const bad = [badStart, badCount] as const;
  await disk.misbehave('mediumErrors');
  s.equal(
    'a read of a sector with a medium error fails',
    await content.reads(badStart, 1),
    'error',
  );
  s.equal('so does one of the next block', await content.reads(badStart + 4, 1), 'error');
  s.equal(
    'their neighbours in the blocks read right',
    await content.reads(badStart - 4, 4),
    'right',
  );
  s.equal('on the other side too', await content.reads(badStart + badCount, 6), 'right');
  s.equal('both blocks are pending', await target.message('pending'), '582\n583');
  s.equal('and no block is moved for it', (await target.status()).usedBlocks, 0);

  await s.step('one of the sectors is rewritten', () => content.write(badStart + 2, 1));
  s.equal('its block is moved', await target.message('list'), '582 0 0 4f');
  s.equal('the sector reads right', await content.reads(badStart + 2, 1), 'right');
  s.equal('what was readable beside it too', await content.reads(badStart - 4, 4), 'right');
  s.equal('what was not stays an error', await content.reads(badStart, 2), 'error');
  await s.step('all of them are rewritten', () => content.write(...bad));
  s.equal('then all reads right', await content.reads(badStart - 100, 256), 'right');
  const { usedBlocks, pendingBlocks, mode } = await target.status();
  s.equal(
    'from the lease, and nothing is pending',
    [usedBlocks, pendingBlocks, mode],
    [2, 0, 'rw'],
  );

  await disk.misbehave('never');
  await target.message('release all');
  await disk.run('until dmsetup status g0 | grep -q release:done; do sleep 0.1; done');
  s.equal(
    'when the disk can read them again they are released',
    (await target.status()).usedBlocks,
    0,
  );
  s.equal('with their data', await content.reads(badStart - 100, 256), 'right');
  await target.remove();
}

/** What the SCSI layer overcomes by itself must not reach the leases. */
async function harmless(s: Scenario, disk: DebugDisk): Promise<void> {
  const target = await makeTarget(disk);
  const content = await KnownContent.written(disk, target.path);
  for (const [what, name, everyNth] of [
    ['recoveredErrors', 'recovered errors', 1],
    ['transportErrors', 'transport errors that a retry overcomes', 5],
  ] as const) {
    const before = await disk.complaints();
    await disk.misbehave(what, everyNth);
    await content.write(404, 32);
    s.equal(`${name}: what is written is read`, await content.reads(400, 40), 'right');
    await disk.misbehave('never');
    s.check('  the disk did tell of them', (await disk.complaints()) > before);
    const status = await target.status();
    s.equal(
      '  nothing is moved or pending, and nothing counts as an error',
      [status.usedBlocks, status.pendingBlocks, status.readErrors, status.writeErrors, status.mode],
      [0, 0, 0, 0, 'rw'],
    );
  }
  await target.remove();
}

/** The data arrived damaged: that says nothing about the sector. */
async function protectionErrors(s: Scenario, disk: DebugDisk): Promise<void> {
  const target = await makeTarget(disk);
  const content = await KnownContent.written(disk, target.path);
  await disk.misbehave('protectionErrors');
  s.equal('a read with a protection error fails', await content.reads(800, 8), 'error');
  s.check('so does a write', (await fill(disk, target.path, 100, 'a')) !== 0);
  await disk.misbehave('never');
  const { usedBlocks, pendingBlocks, mode } = await target.status();
  s.equal(
    'neither moves a block or makes it pending',
    [usedBlocks, pendingBlocks, mode],
    [0, 0, 'rw'],
  );
  s.equal('the next write is taken in place', await fill(disk, target.path, 100, 'b'), 0);
  s.equal('and read', await letters(disk, target.path, 100), 'b');
  s.equal('no block has moved', (await target.status()).usedBlocks, 0);
  await target.remove();
}

/** Retries are of no use: each command is lost on the way, wherever it goes. */
async function brokenTransport(s: Scenario, disk: DebugDisk): Promise<void> {
  const target = await makeTarget(disk);
  await fill(disk, target.path, 100, 'a');
  await disk.run('sleep 1.1'); // for this long the disk need not answer again
  await disk.misbehave('transportErrors');
  s.check('with a broken transport a write fails', (await fill(disk, target.path, 100, 'b')) !== 0);
  const { usedBlocks, mode } = await target.status();
  s.equal('it is the disk that failed, not a block', [usedBlocks, mode], [0, 'failed']);
  await disk.misbehave('never');
  await target.reload();
  const seen = await letters(disk, target.path, 100);
  s.check('when it works again the block is there', seen === 'a' || seen === 'b', seen);
  s.equal('and is written in place', await fill(disk, target.path, 100, 'c'), 0);
  s.equal('so nothing has moved', (await target.status()).usedBlocks, 0);
  await target.remove();
}
