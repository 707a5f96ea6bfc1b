import { messageOf } from '../../../src/lab/errors.js';
import type { LabHost } from '../../../src/lab/lab-host.js';
import type { Scenario } from '../../../src/lab/scenario.js';

type Direction = 'read' | 'write';

/** Which of some blocks fail, tried one by one past the guest's page cache. */
async function failing(
  host: LabHost,
  device: string,
  direction: Direction,
  blocks: readonly number[],
  blockBytes: number,
): Promise<number[]> {
  const data =
    direction === 'read'
      ? `if=${device} of=/dev/null iflag=direct skip=$block`
      : `if=/dev/urandom of=${device} oflag=direct seek=$block`;
  const tries =
    `for block in ${blocks.join(' ')}; do ` +
    `dd ${data} bs=${blockBytes} count=1 status=none 2>/dev/null || echo $block; done`;
  return (await host.run(tries)).split('\n').filter(Boolean).map(Number);
}

async function mediumErrorsSince(host: LabHost, marker: string): Promise<string> {
  return host.run(`dmesg | sed '1,/${marker}/d' | grep -iE 'medium error' || true`);
}

async function breakingOne(
  s: Scenario,
  host: LabHost,
  disk: string,
  blockBytes: number,
): Promise<void> {
  const device = await host.device(disk);
  const sectorsPerBlock = blockBytes / 512;
  const [first, second] = [256, 257];
  const around = [first - 1, first, second, second + 1];
  const range = { sector: first * sectorsPerBlock, count: 2 * sectorsPerBlock };
  const digest = () => host.run(`dd if=${device} iflag=direct bs=1M status=none | sha256sum`);

  await host.run(`dd if=/dev/urandom of=${device} bs=1M count=2 oflag=direct status=none`);
  const before = await digest();
  await host.run(`echo break-${disk} > /dev/kmsg`);
  await host.breakDisk(disk, { ...range, on: 'reads' });
  s.equal(
    `${disk}: reads fail on the broken sectors and no others`,
    await failing(host, device, 'read', around, blockBytes),
    [first, second],
  );
  const log = await mediumErrorsSince(host, `break-${disk}`);
  s.check(`${disk}: the kernel saw a medium error`, log !== '', await host.run('dmesg | tail -5'));
  await host.healDisk(disk);
  s.equal(`${disk}: healed, it reads as before`, await digest(), before);

  await host.breakDisk(disk, { ...range, on: 'writes' });
  s.equal(
    `${disk}: writes fail on the broken sectors and no others`,
    await failing(host, device, 'write', around, blockBytes),
    [first, second],
  );
  s.equal(
    `${disk}: where only writes fail, reads succeed`,
    await failing(host, device, 'read', around, blockBytes),
    [],
  );
  await host.healDisk(disk, { sector: range.sector, count: sectorsPerBlock });
  s.equal(
    `${disk}: a part can be healed`,
    await failing(host, device, 'write', around, blockBytes),
    [second],
  );
  await host.healDisk(disk);
}

/** Breaks disks of each kind under a running host; leaves a1 with a broken sector for the next boot. */
export async function breaking(s: Scenario, host: LabHost): Promise<void> {
  await breakingOne(s, host, 'a1', 512);
  await breakingOne(s, host, 'b1', 4096);
  await breakingOne(s, host, 'n1', 512);

  await host.breakDisk('a1', { sector: 60_000, count: 8 });
  await host.powerCut({ seed: s.seed, keep: 1 });
  await host.boot();
  const device = await host.device('a1');
  s.equal(
    'what is broken stays broken over a power cut and a boot',
    await failing(host, device, 'read', [59_999, 60_000, 60_007, 60_008], 512),
    [60_000, 60_007],
  );
  await host.healDisk('a1');
}

/** All of a disk, and as many single sectors as there may be. */
export async function breakingMuch(s: Scenario, host: LabHost): Promise<void> {
  const device = await host.device('a1');
  const ends = [0, 65_535];
  await host.breakDisk('a1', { sector: 0, count: 65_536 });
  s.equal('a whole disk can fail', await failing(host, device, 'read', ends, 512), ends);
  await host.healDisk('a1', { sector: 0, count: 63_000 });
  s.equal(
    'all of it but a part can be healed',
    await failing(host, device, 'write', ends, 512),
    [65_535],
  );
  await host.healDisk('a1');
  const refusal = await host.breakDisk('a1', { sector: 0, count: 4001 }).catch(messageOf);
  s.check('too many broken sectors are refused', refusal?.includes('too many') ?? false);
  s.equal('and leave the disk as it was', await failing(host, device, 'read', ends, 512), []);
}
