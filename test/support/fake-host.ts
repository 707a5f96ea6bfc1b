import type {
  DesiredState,
  LeaseId,
  ObservedArray,
  ObservedDisk,
  ObservedState,
  ObservedTarget,
} from '../../libs/contract/index.js';
import { leaseGeometry } from '../../libs/dm-table/index.js';

/** A host without a kernel: it brings about what it is told in memory, and tells what it has. */
export class FakeHost {
  arrays: ObservedArray[] = [];
  targets = new Map<string, ObservedTarget>();
  wiped = new Set<LeaseId>();
  bootId = 'boot-1';
  sequence = 0;
  generation = 0;

  constructor(public disks: ObservedDisk[]) {}

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
