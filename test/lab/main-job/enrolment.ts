import { z } from 'zod';
import { Disk, Host } from '../../../libs/contract/index.js';
import { until } from '../../../src/lab/fleet/fleet.js';
import type { LabHost } from '../../../src/lab/lab-host.js';
import { bootWithAgent, type Stage } from './stage.js';

const Lsblk = z.object({
  blockdevices: z.array(
    z.object({
      name: z.string(),
      size: z.int(),
      serial: z.string().nullable(),
      type: z.string(),
    }),
  ),
});

async function disksInside(host: LabHost): Promise<string[]> {
  const json: unknown = JSON.parse(await host.run('lsblk -J -b -d -o NAME,SIZE,SERIAL,TYPE'));
  return Lsblk.parse(json)
    .blockdevices.filter(({ name, type }) => type === 'disk' && !/^(zram|ram|nbd)/.test(name))
    .map(({ name, size, serial }) => `${name} ${size} ${serial ?? ''}`)
    .sort();
}

/** 1. Agents enrol, and the inventory is what the guests have. */
export async function enrolment(stage: Stage): Promise<void> {
  const { s, side, h1, h2 } = stage;
  await s.step('PostgreSQL, Redis and the manager start', () => side.start());
  await s.step('both hosts boot and their agents enrol', () =>
    Promise.all(
      [h1, h2].map(async (host) => {
        await bootWithAgent(stage, host);
        await until(`${host.name} is ready`, 180_000, async () =>
          (await side.api.list(Host, '/v1/hosts')).find(
            ({ name, state, lastSeenAt }) =>
              name === host.name && state === 'ready' && lastSeenAt !== null,
          ),
        );
      }),
    ),
  );
  for (const host of [h1, h2]) {
    const inside = await disksInside(host);
    const known = await until(`${host.name} reports its disks`, 30_000, async () => {
      const disks = await side.api.list(Disk, `/v1/disks?host=${host.name}`);
      return disks.length > 0 ? disks : undefined;
    });
    s.equal(
      `the inventory of ${host.name} is what lsblk shows inside`,
      known
        .filter(({ id, diskId }) => id === diskId)
        .map(
          ({ kernelName, sizeSectors, serial }) => `${kernelName} ${sizeSectors * 512} ${serial}`,
        )
        .sort(),
      inside,
    );
    const wrong = known.filter(({ id, domains }) => {
      const spec = host.spec.disks.find(({ wwn }) => wwn && id.endsWith(`:${wwn}`));
      return spec && (spec.enclosure !== domains.enclosure || spec.slot !== domains.slot);
    });
    s.equal(`enclosures and slots of ${host.name} are known`, wrong, []);
  }
}
