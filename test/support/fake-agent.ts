import type {
  DesiredState,
  DeviceId,
  LeaseId,
  ObservedArray,
  ObservedDisk,
  ObservedState,
  ObservedTarget,
  Sectors,
} from '../../libs/contract/index.js';
import { leaseGeometry } from '../../libs/dm-table/index.js';
import type { Api } from './api';

/** Disk n of the host with that number among those of this test file, which begin with 0. */
export const diskId = (n: number, host = 0) =>
  `wwn:${(host * 0x1_0000 + n).toString(16).padStart(16, '0')}` as DeviceId;

function fakeDisk(host: number, n: number, over: Partial<ObservedDisk> = {}): ObservedDisk {
  return {
    id: diskId(n, host),
    kernelName: `sd${n}`,
    diskId: diskId(n, host),
    model: 'Fake',
    serial: `S${n}`,
    firmware: '1',
    media: 'ssd',
    sizeSectors: 1_048_576 as Sectors,
    logicalBlockBytes: 512,
    physicalBlockBytes: 512,
    domains: {},
    health: 'ok',
    usedBy: [],
    ...over,
  };
}

/** A host without a kernel: it brings about what it is told in memory and reports that. */
export class FakeAgent {
  private static hosts = 0;
  private readonly number = FakeAgent.hosts++;
  disks: ObservedDisk[];
  arrays: ObservedArray[] = [];
  targets = new Map<string, ObservedTarget>();
  wiped = new Set<LeaseId>();
  bootId = 'boot-1';
  sequence = 0;
  generation = 0;

  private constructor(
    readonly hostId: string,
    public api: Api,
    disks: number,
  ) {
    this.disks = Array.from({ length: disks }, (_, n) => this.disk(n + 1));
  }

  /** The identity of disk n; no two hosts of a test file have the same. */
  diskId(n: number): DeviceId {
    return diskId(n, this.number);
  }

  disk(n: number, over: Partial<ObservedDisk> = {}): ObservedDisk {
    return fakeDisk(this.number, n, over);
  }

  static async enrol(admin: Api, name: string, disks: number): Promise<FakeAgent> {
    const { hostId, credential } = await admin.enrol(name);
    const agent = new FakeAgent(hostId, admin.as(credential), disks);
    await agent.report();
    await agent.turn();
    return agent;
  }

  state(): ObservedState {
    return structuredClone({
      bootId: this.bootId,
      sequence: ++this.sequence,
      observedGeneration: this.generation as ObservedState['observedGeneration'],
      kernelRelease: '6.1.0-fake',
      agentVersion: '0',
      disks: this.disks,
      arrays: this.arrays,
      targets: [...this.targets.values()],
      wipedLeases: [...this.wiped],
      conditions: [],
    });
  }

  async report(state = this.state()): Promise<void> {
    await this.api.call('PUT', '/v1/agent/observed', state);
  }

  /** One turn of an agent: wait for a newer wish, bring it about, report. False when there was none. */
  async turn(waitSeconds = 0): Promise<boolean> {
    const desired = await this.api.desired(this.generation, waitSeconds);
    if (!desired) return false;
    this.apply(desired);
    await this.report();
    return true;
  }

  /** Turns until nothing newer came for a while. */
  async settle(quietSeconds = 1): Promise<void> {
    while (await this.turn(quietSeconds));
  }

  apply(desired: DesiredState): void {
    for (const { targetId } of desired.absentTargets) this.targets.delete(targetId);
    for (const { leaseId } of desired.wipeLeases) this.wiped.add(leaseId);
    for (const wish of desired.targets) {
      const old = this.targets.get(wish.targetId);
      if (old && old.tableGeneration > wish.tableGeneration)
        throw new Error('generation went back');
      const leases = wish.leases.map(({ leaseId, lengthSectors }) => {
        const geometry = leaseGeometry(lengthSectors, wish.blockSectors);
        if (!geometry.ok) throw new Error(geometry.message);
        const fresh = {
          ...{ leaseId, totalBlocks: geometry.value.nrBlocks, usedBlocks: 0 },
          ...{ retiredBlocks: 0, errors: 0, state: 'ok' as const },
        };
        return old?.leases.find((lease) => lease.leaseId === leaseId) ?? fresh;
      });
      this.targets.set(wish.targetId, {
        ...{ targetId: wish.targetId, name: wish.name, tableGeneration: wish.tableGeneration },
        ...{ suspended: false, blockSectors: wish.blockSectors, mode: 'rw' },
        ...{ pendingBlocks: 0, readErrors: 0, writeErrors: 0, remapFailures: 0 },
        ...old,
        ...{ tableGeneration: wish.tableGeneration, leases },
        usedBlocks: leases.reduce((sum, lease) => sum + lease.usedBlocks, 0),
        totalBlocks: leases.reduce((sum, lease) => sum + lease.totalBlocks, 0),
      });
    }
    this.generation = desired.generation;
  }

  /** Blocks fail and move to the least used lease, as the kernel does it. */
  remap(targetId: string, blocks: number): void {
    const target = this.targets.get(targetId);
    const lease = [...(target?.leases ?? [])].sort((a, b) => a.usedBlocks - b.usedBlocks)[0];
    if (!target || !lease) throw new Error(`target ${targetId} has no lease`);
    lease.usedBlocks += blocks;
    target.usedBlocks += blocks;
    target.writeErrors += blocks;
  }
}

export async function eventually<T>(
  look: () => Promise<T | undefined | false>,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error('it did not come to pass in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
