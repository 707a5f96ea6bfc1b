import { Lease } from '../../../libs/contract/index.js';
import { until } from '../../../src/lab/fleet/fleet.js';
import { killServices } from '../../../src/lab/fleet/services.js';
import type { LabHost } from '../../../src/lab/lab-host.js';
import { kernelTarget, leasesOf, settled, type Stage, targetOf, verifyingLoad } from './stage.js';

function overlaps(leases: readonly Lease[]): string[] {
  const held = leases.filter(({ state }) => state !== 'released');
  return held.flatMap((a, index) =>
    held
      .slice(index + 1)
      .filter(
        (b) =>
          a.deviceId === b.deviceId &&
          a.offsetSectors < b.offsetSectors + b.lengthSectors &&
          b.offsetSectors < a.offsetSectors + a.lengthSectors,
      )
      .map((b) => `${a.id} and ${b.id}`),
  );
}

/** The books of a target against its kernel table: `offset length` of every lease. */
async function checkBooks(stage: Stage, host: LabHost, name: string): Promise<void> {
  const { s } = stage;
  const target = await settled(stage, name);
  const kernel = await kernelTarget(host, name);
  const booked = (await leasesOf(stage, target)).filter(({ state }) => state === 'active');
  s.equal(
    `${name}: every lease of the kernel is booked once, and no other`,
    kernel.leases.map((lease) => lease.split(' ').slice(1).join(' ')).sort(),
    booked.map(({ offsetSectors, lengthSectors }) => `${offsetSectors} ${lengthSectors}`).sort(),
  );
  s.equal(
    `${name}: the books count as many remaps as the kernel`,
    booked.reduce((sum, { usedBlocks }) => sum + usedBlocks, 0),
    kernel.usedBlocks,
  );
}

/** 7. Manager, Redis and PostgreSQL die while writes fail; nobody's I/O does. */
export async function booksAfterCrash(stage: Stage): Promise<void> {
  const { s, side, h1, h2 } = stage;
  const before = await kernelTarget(h1, 'r0');
  const load = (seed: number) =>
    verifyingLoad(h1, '/dev/md0', `--offset=39M --size=2M --io_size=32M --randseed=${seed}`);
  await h1.breakDisk('e1s1', { sector: 81_920, count: 400 });
  const running = load(s.seed + 2);
  running.catch(() => undefined);
  await s.step('manager, Redis and PostgreSQL are killed while writes fail', async () => {
    await until('writes fail', 60_000, async () =>
      (await kernelTarget(h1, 'r0')).usedBlocks > before.usedBlocks + 8 ? true : undefined,
    );
    side.manager.kill();
    await killServices(side.settings);
  });
  await s.step('the load goes on to its end without an error', () => running);
  const alone = await kernelTarget(h1, 'r0');
  await h1.breakDisk('e1s1', { sector: 82_320, count: 400 });
  await s.step('more sectors fail, and fio sees no error', () => load(s.seed + 3));
  const after = await kernelTarget(h1, 'r0');
  s.check(
    'the kernel remapped them by itself',
    after.usedBlocks > alone.usedBlocks + 8,
    `${alone.usedBlocks} before, ${after.usedBlocks} now`,
  );
  await s.step('they start again', () => side.start());
  await s.step('the manager catches up with the kernel', () =>
    until('the books know all remaps', 90_000, async () => {
      const target = await targetOf(stage, 'r0');
      return target.observed?.usedBlocks === after.usedBlocks || undefined;
    }),
  );
  for (const name of ['r0', 'r1']) await checkBooks(stage, h1, name);
  await checkBooks(stage, h2, 't0');
  s.equal('no two leases overlap', overlaps(await side.api.list(Lease, '/v1/leases')), []);
}
