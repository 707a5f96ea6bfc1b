import { Target } from '../../../libs/contract/index.js';
import { Allocation, knownHost } from '../fleet/allocate.js';
import { agentPid, startAgent } from '../fleet/agent.js';
import { ManagerSide, until } from '../fleet/fleet.js';
import type { FleetSettings } from '../fleet/services.js';
import { Lab } from '../lab.js';
import type { LabHost } from '../lab-host.js';
import { dataDirectory, defaultLabDirectory } from '../paths.js';
import { loadRemapModule } from '../remap-module.js';
import { LabError } from '../errors.js';

function port(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new LabError(`${name}=${process.env[name] ?? ''} is not a port; give 1 to 65535.`);
}

export const demoSettings = (): FleetSettings => ({
  dataDirectory: dataDirectory(),
  postgresPort: port('DMREMAP_PG_PORT', 54_329),
  redisPort: port('DMREMAP_REDIS_PORT', 63_799),
  managerPort: port('DMREMAP_MANAGER_PORT', 7070),
});

/** One manager and two hosts: h1 with a RAID1 of two targets, h2 with a target by itself. */
export class FleetOfTwo {
  readonly side = new ManagerSide(demoSettings());
  private readonly lab = Lab.open(defaultLabDirectory());
  readonly h1 = this.lab.host('h1');
  readonly h2 = this.lab.host('h2');

  get hosts(): readonly LabHost[] {
    return [this.h1, this.h2];
  }

  async agents(): Promise<void> {
    for (const host of this.hosts) {
      await loadRemapModule(host);
      if ((await agentPid(host)) === undefined)
        await startAgent(host, this.side.api, this.side.settings.managerPort);
    }
    for (const host of this.hosts) {
      await until(`${host.name} has reported its disks`, 90_000, () =>
        knownHost(this.side.api, host)
          .then((known) => known.deviceId('e1s1'))
          .catch(() => undefined),
      );
    }
  }

  /** Pools, spares and targets, unless they are there. */
  async allocate(): Promise<void> {
    const { api } = this.side;
    const allocation = new Allocation(api);
    const [first, second] = [await knownHost(api, this.h1), await knownHost(api, this.h2)];
    const shelves = await allocation.pool('shelves', {
      domainLevel: 'enclosure',
      leaseSectors: 4096,
      lowWaterBlocks: 256,
    });
    const single = await allocation.pool('single', { leaseSectors: 4096, lowWaterBlocks: 128 });
    await allocation.spares(shelves, first, ['e1s2', 'e1s3', 'e2s2', 'e2s3']);
    await allocation.spares(single, second, ['e1s2', 'e1s3']);
    const common = { hostId: first.id, poolId: shelves.id };
    const [left, right] = [first.deviceId('e1s1'), first.deviceId('e2s1')];
    await allocation.target({ ...common, name: 'r0', mainDeviceId: left, arrayPeers: [right] });
    await allocation.target({ ...common, name: 'r1', mainDeviceId: right, arrayPeers: [left] });
    await allocation.target({
      hostId: second.id,
      poolId: single.id,
      name: 't0',
      mainDeviceId: second.deviceId('e1s1'),
    });
  }

  async targetsRun(): Promise<void> {
    await until('every target runs as desired', 120_000, async () => {
      const targets = await this.side.api.list(Target, '/v1/targets');
      const run = targets.filter(
        ({ state, observed, desiredTableGeneration }) =>
          state === 'active' && observed?.tableGeneration === desiredTableGeneration,
      );
      return run.length === targets.length ? true : undefined;
    });
    for (const [host, name] of [
      [this.h1, 'r0'],
      [this.h1, 'r1'],
      [this.h2, 't0'],
    ] as const) {
      await until(`/dev/mapper/${name} is there`, 60_000, async () =>
        (await host.exec(`test -b /dev/mapper/${name}`)).code === 0 ? true : undefined,
      );
    }
  }

  /** The array over the two targets: assembled if it was made before. */
  async array(): Promise<void> {
    const members = '/dev/mapper/r0 /dev/mapper/r1';
    await this.h1.run(
      `test -b /dev/md0 && grep -q '^md0 : active' /proc/mdstat ||
       mdadm --assemble /dev/md0 --run ${members} 2> /dev/null ||
       { ! mdadm --examine /dev/mapper/r0 > /dev/null 2>&1 &&
         mdadm --create /dev/md0 --run --metadata=1.2 --data-offset=1M --level=1 --bitmap=internal \
           --raid-devices=2 --assume-clean ${members}; }`,
    );
  }
}
