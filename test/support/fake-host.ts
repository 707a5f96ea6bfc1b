import type {
  DesiredState,
  LeaseId,
  ObservedArray,
  ObservedDisk,
  ObservedState,
  ObservedTarget,
} from '../../libs/contract/index.js';
import { leaseGeometry } from '../../libs/dm-table/index.js';
import { FakeKernel } from './fake-kernel';

/** A host without a kernel: it brings about what it is told in memory, and tells what it has. */
export class FakeHost {
  arrays: ObservedArray[] = [];
  targets = new Map<string, ObservedTarget>();
  wiped = new Set<LeaseId>();
  bootId = 'boot-1';
  sequence = 0;
  generation = 0;
  readonly kernel = new FakeKernel();
  private wanted: DesiredState | undefined;

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
    let refused = false;
    for (const { targetId } of desired.absentTargets) this.targets.delete(targetId);
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
      const next: ObservedTarget = {
        ...{ targetId: wish.targetId, name: wish.name, tableGeneration: wish.tableGeneration },
        ...{ suspended: false, blockSectors: wish.blockSectors, mode: 'rw' },
        ...{ pendingBlocks: 0, readErrors: 0, writeErrors: 0, remapFailures: 0, job: null },
        ...old,
        ...{ tableGeneration: wish.tableGeneration, leases, usedBlocks: 0, totalBlocks: 0 },
      };
      if (old?.tableGeneration === wish.tableGeneration) continue;
      if (this.kernel.swap(old, next)) this.targets.set(wish.targetId, next);
      else refused = true;
    }
    this.wanted = desired;
    for (const { leaseId } of desired.wipeLeases) this.noteWiped(leaseId);
    this.work();
    if (!refused) this.generation = desired.generation;
  }

  /** The agent empties what it is told to, one lease after the other, and the kernel goes on with that. */
  work(): void {
    for (const wish of this.wanted?.targets ?? []) {
      const target = this.targets.get(wish.targetId);
      if (!target) continue;
      const flagged = wish.leases.filter(({ evacuate }) => evacuate).map(({ leaseId }) => leaseId);
      const emptying = this.kernel.emptying(wish.targetId);
      if (emptying !== undefined && !flagged.includes(emptying)) this.kernel.cancel(target);
      else this.kernel.work(target);
      for (const lease of target.leases) {
        const isEmptied = lease.usedBlocks === 0 && this.kernel.isMarked(lease.leaseId);
        if (!flagged.includes(lease.leaseId) || isEmptied) continue;
        if (this.kernel.evacuate(target, lease)) this.kernel.work(target);
      }
    }
  }

  private noteWiped(leaseId: LeaseId): void {
    for (const { leases } of this.targets.values())
      if (leases.some((lease) => lease.leaseId === leaseId))
        throw new Error(`lease ${leaseId} is in a table and is to be wiped`);
    this.wiped.add(leaseId);
  }

  /** Blocks fail and move to the least used lease, as the kernel does it. */
  remap(targetId: string, blocks: number): void {
    const target = this.targets.get(targetId);
    if (!target) throw new Error(`there is no target ${targetId}`);
    this.kernel.remap(target, blocks);
  }
}
