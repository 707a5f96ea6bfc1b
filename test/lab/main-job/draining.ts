import { Event, Lease, Page, Spare, type Target } from '../../../libs/contract/index.js';
import { until } from '../../../src/lab/fleet/fleet.js';
import {
  kernelMap,
  kernelTarget,
  leasesOf,
  settled,
  type Stage,
  targetOf,
  verifyingLoad,
} from './stage.js';

/** The spare on which most blocks of the target live. */
async function mostUsed(stage: Stage, target: Target): Promise<Lease> {
  const [most] = (await leasesOf(stage, target)).sort((a, b) => b.usedBlocks - a.usedBlocks);
  if (!most) throw new Error(`target ${target.name} has no lease`);
  return most;
}

async function spareOf({ side }: Stage, id: string): Promise<Spare> {
  return side.api.get(Spare, `/v1/spares/${id}`);
}

/** Of what act 3 wrote, much of which lives in leases; the load of this act goes elsewhere. */
const hashOf = async ({ h1 }: Stage) =>
  (
    await h1.run('dd if=/dev/md0 bs=1M skip=20 count=1 iflag=direct status=none | sha256sum')
  ).trim();

/** Main blocks that live in any of the leases. */
async function blocksIn({ h1 }: Stage, leases: readonly Lease[]): Promise<number> {
  const ids = new Set<string>(leases.map(({ id }) => id));
  const map = await kernelMap(h1, 'r0');
  return map.filter((line) => ids.has(line.split(' ')[1] ?? '')).length;
}

/** 4. A spare in use is to be replaced: its blocks move under load, and it can be pulled. */
export async function draining(stage: Stage): Promise<void> {
  const { s, side, h1 } = stage;
  const target = await settled(stage, 'r0');
  const { spareId, deviceId } = await mostUsed(stage, target);
  const leases = (await leasesOf(stage, target)).filter((lease) => lease.spareId === spareId);
  const before = await kernelTarget(h1, 'r0');
  const moving = await blocksIn(stage, leases);
  s.check('blocks of r0 live on the spare', moving > 0, `${moving} of ${before.usedBlocks}`);
  const content = await hashOf(stage);

  const load = verifyingLoad(
    h1,
    '/dev/md0',
    `--offset=18M --size=2M --io_size=16M --randseed=${s.seed + 7}`,
  );
  load.catch(() => undefined);
  await s.step('the spare is drained under load', () =>
    side.api.call(Spare, 'PATCH', `/v1/spares/${spareId}`, { draining: true }),
  );
  await s.step('its leases leave the books', () =>
    until('nothing is lent from the spare', 240_000, async () =>
      (await spareOf(stage, spareId)).leaseCount === 0 ? true : undefined,
    ),
  );
  await s.step('the load ends without an error', () => load);

  const after = await settled(stage, 'r0');
  const kernel = await kernelTarget(h1, 'r0');
  s.equal('the kernel runs the desired table', kernel.generation, after.desiredTableGeneration);
  s.equal('no block lives on the spare', await blocksIn(stage, leases), 0);
  s.check(
    'no block was lost on the way',
    kernel.usedBlocks >= before.usedBlocks,
    `${before.usedBlocks} before, ${kernel.usedBlocks} now`,
  );
  const disk = h1.spec.disks.find(({ wwn }) => wwn && deviceId.endsWith(`:${wwn}`));
  if (!disk) throw new Error(`h1 has no disk ${deviceId}`);
  const { name } = disk;
  for (const { offsetSectors } of leases)
    s.equal(
      `the lease at sector ${offsetSectors} of ${name} is wiped`,
      (
        await h1.run(
          `dd if=${await h1.device(name)} bs=512 skip=${offsetSectors} count=16 iflag=direct status=none | tr -d '\\0' | wc -c`,
        )
      ).trim(),
      '0',
    );
  s.equal('every byte is what it was', await hashOf(stage), content);
  s.check('the array is clean and complete', (await h1.run('cat /proc/mdstat')).includes('[UU]'));
  await expectTold(stage, spareId);
  await s.step('the spare is removed', () => side.api.delete(`/v1/spares/${spareId}`));
  s.note(
    `${moving} blocks moved off ${name}; r0 has ${(await targetOf(stage, 'r0')).leaseCount} leases`,
  );
}

async function expectTold({ s, side }: Stage, spareId: string): Promise<void> {
  const { items } = await side.api.get(Page(Event), '/v1/events?tail=500&limit=500');
  const drained = items.filter(
    ({ type, data }) => type === 'spare.drained' && data.spareId === spareId,
  );
  s.equal('that the spare is empty was told once', drained.length, 1);
}
