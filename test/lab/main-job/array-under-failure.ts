import { RaidArray } from '../../../libs/contract/index.js';
import { Allocation, knownHost } from '../../../src/lab/fleet/allocate.js';
import { until } from '../../../src/lab/fleet/fleet.js';
import { kernelTarget, settled, type Stage, targetOf, verifyingLoad } from './stage.js';

/** Sectors of the main device that act 2 breaks; the array's data there begins 2048 sectors earlier. */
const broken = { sector: 40_960, count: 512 };

async function allocate({ side, h1, h2 }: Stage): Promise<void> {
  const allocation = new Allocation(side.api);
  const first = await knownHost(side.api, h1);
  const second = await knownHost(side.api, h2);
  const shelves = await allocation.pool('shelves', {
    domainLevel: 'enclosure',
    leaseSectors: 4096,
    lowWaterBlocks: 256,
  });
  const single = await allocation.pool('single', { leaseSectors: 1024, lowWaterBlocks: 32 });
  await allocation.spares(shelves, first, ['e1s2', 'e1s3', 'e2s2', 'e2s3']);
  await allocation.spares(single, second, ['e1s2', 'e1s3']);
  for (const [name, main, peer] of [
    ['r0', 'e1s1', 'e2s1'],
    ['r1', 'e2s1', 'e1s1'],
  ] as const) {
    await allocation.target({
      hostId: first.id,
      name,
      mainDeviceId: first.deviceId(main),
      poolId: shelves.id,
      arrayPeers: [first.deviceId(peer)],
    });
  }
  await allocation.target({
    hostId: second.id,
    name: 't0',
    mainDeviceId: second.deviceId('e1s1'),
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
