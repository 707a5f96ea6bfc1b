import { Disk, Host, Pool, RaidArray, Spare, Target } from '../../../libs/contract/index.js';
import { until } from '../../../src/lab/fleet/fleet.js';
import type { LabHost } from '../../../src/lab/lab-host.js';
import { kernelTarget, settled, type Stage, targetOf, verifyingLoad } from './stage.js';

/** Sectors of the main device that act 2 breaks; the array's data there begins 2048 sectors earlier. */
const broken = { sector: 40_960, count: 512 };

async function identities({ side }: Stage, host: LabHost) {
  const disks = await side.api.list(Disk, `/v1/disks?host=${host.name}`);
  const { id: hostId } = await side.api.get(Host, `/v1/hosts/${host.name}`);
  const idOf = (name: string) => {
    const wwn = host.disk(name).wwn ?? 'none';
    const disk = disks.find(({ id }) => id.endsWith(`:${wwn}`));
    if (!disk) throw new Error(`${host.name} reports no disk ${name}`);
    return disk.id;
  };
  return { hostId, idOf };
}

async function allocate(stage: Stage): Promise<void> {
  const { side, h1, h2 } = stage;
  const first = await identities(stage, h1);
  const second = await identities(stage, h2);
  const shelves = await side.api.post(Pool, '/v1/pools', {
    name: 'shelves',
    policy: { domainLevel: 'enclosure', leaseSectors: 4096, lowWaterBlocks: 256 },
  });
  const single = await side.api.post(Pool, '/v1/pools', {
    name: 'single',
    policy: { leaseSectors: 1024, lowWaterBlocks: 32 },
  });
  for (const disk of ['e1s2', 'e1s3', 'e2s2', 'e2s3']) {
    const spare = { poolId: shelves.id, hostId: first.hostId, deviceId: first.idOf(disk) };
    await side.api.post(Spare, '/v1/spares', spare);
  }
  for (const disk of ['e1s2', 'e1s3']) {
    const spare = { poolId: single.id, hostId: second.hostId, deviceId: second.idOf(disk) };
    await side.api.post(Spare, '/v1/spares', spare);
  }
  const mains = { r0: first.idOf('e1s1'), r1: first.idOf('e2s1') };
  for (const [name, peer] of [
    ['r0', mains.r1],
    ['r1', mains.r0],
  ] as const) {
    await side.api.post(Target, '/v1/targets', {
      hostId: first.hostId,
      name,
      mainDeviceId: mains[name],
      poolId: shelves.id,
      arrayPeers: [peer],
    });
  }
  await side.api.post(Target, '/v1/targets', {
    hostId: second.hostId,
    name: 't0',
    mainDeviceId: second.idOf('e1s1'),
    poolId: single.id,
  });
}

/** 2. A disk fails under an array, and the array does not notice. */
export async function arrayUnderFailure(stage: Stage): Promise<void> {
  const { s, side, h1 } = stage;
  await s.step('an administrator makes pools, spares and targets', () => allocate(stage));
  await s.step('each target gets its first lease and appears on its host', async () => {
    for (const name of ['r0', 'r1', 't0']) await settled(stage, name);
  });
  await s.step('a RAID1 is made of the two targets of h1', async () => {
    await h1.run(
      `mdadm --create /dev/md0 --run --metadata=1.2 --data-offset=1M --level=1 --bitmap=internal --raid-devices=2 --assume-clean \
       /dev/mapper/r0 /dev/mapper/r1`,
    );
    await until('the manager sees the array with both targets', 30_000, async () =>
      (await side.api.list(RaidArray, '/v1/arrays')).find(
        ({ members }) => members.length === 2 && members.every(({ targetId }) => targetId),
      ),
    );
  });

  await h1.breakDisk('e1s1', broken);
  await s.step('fio writes and verifies over 512 bad sectors and sees no error', () =>
    verifyingLoad(h1, '/dev/md0', `--offset=18M --size=2M --io_size=12M --randseed=${s.seed}`),
  );
  const mdstat = await h1.run('cat /proc/mdstat');
  s.check('the array is clean and complete', mdstat.includes('[UU]'), mdstat);
  s.check(
    'md counts no failed member',
    (await h1.run('cat /sys/block/md0/md/degraded')).trim() === '0',
  );
  const { usedBlocks } = await kernelTarget(h1, 'r0');
  s.check('remaps appeared in the kernel', usedBlocks > 0, `${usedBlocks} remaps`);
  await s.step('and in the books', () =>
    until('the manager knows the remaps', 30_000, async () => {
      const target = await targetOf(stage, 'r0');
      const known = target.observed?.usedBlocks;
      return known === (await kernelTarget(h1, 'r0')).usedBlocks ? known : undefined;
    }),
  );
  s.note(
    `${usedBlocks} blocks of r0 live on spares; the healthy member has ${(await kernelTarget(h1, 'r1')).usedBlocks}`,
  );
}
