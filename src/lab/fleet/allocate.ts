import type { z } from 'zod';
import type { CreateTarget, DeviceId } from '../../../libs/contract/index.js';
import { Disk, Host, Pool, type PoolPolicy, Spare, Target } from '../../../libs/contract/index.js';
import { LabError } from '../errors.js';
import type { LabHost } from '../lab-host.js';
import type { ManagerApi } from './api.js';

/** A lab host as the manager knows it. */
export interface KnownHost {
  readonly id: Host['id'];
  readonly deviceId: (disk: string) => DeviceId;
}

export async function knownHost(api: ManagerApi, host: LabHost): Promise<KnownHost> {
  const disks = await api.list(Disk, `/v1/disks?host=${host.name}`);
  const { id } = await api.get(Host, `/v1/hosts/${host.name}`);
  return {
    id,
    deviceId: (name) => {
      const wwn = host.disk(name).wwn ?? 'none';
      const disk = disks.find((each) => each.id.endsWith(`:${wwn}`));
      if (disk) return disk.id;
      throw new LabError(`The agent of ${host.name} does not report its disk ${name}.`);
    },
  };
}

/** Makes what is not there yet, by name or device; what is there is left as it is. */
export class Allocation {
  constructor(private readonly api: ManagerApi) {}

  async pool(name: string, policy: Partial<z.input<typeof PoolPolicy>>): Promise<Pool> {
    const pools = await this.api.list(Pool, '/v1/pools');
    const found = pools.find((pool) => pool.name === name);
    return found ?? this.api.post(Pool, '/v1/pools', { name, policy });
  }

  async spares(pool: Pool, host: KnownHost, disks: readonly string[]): Promise<void> {
    const known = await this.api.list(Spare, '/v1/spares');
    for (const disk of disks) {
      const deviceId = host.deviceId(disk);
      if (known.some((spare) => spare.deviceId === deviceId)) continue;
      await this.api.post(Spare, '/v1/spares', { poolId: pool.id, hostId: host.id, deviceId });
    }
  }

  async target(target: z.input<typeof CreateTarget>): Promise<Target> {
    const known = await this.api.list(Target, '/v1/targets');
    const found = known.find(
      ({ name, hostId }) => name === target.name && hostId === target.hostId,
    );
    return found ?? this.api.post(Target, '/v1/targets', target);
  }
}
