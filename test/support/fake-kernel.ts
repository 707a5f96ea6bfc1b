import type { LeaseId, ObservedLease, ObservedTarget } from '../../libs/contract/index.js';

/** What the kernel target does with blocks and leases, on the numbers of its status. */
export class FakeKernel {
  /** Leases in which nothing is placed until another table runs. */
  private readonly marked = new Set<LeaseId>();
  private readonly jobs = new Map<string, LeaseId>();
  /** A job moves at most so many blocks each time that the host works. */
  pace = Infinity;

  private takes(lease: ObservedLease): boolean {
    const isFull = lease.usedBlocks + lease.retiredBlocks >= lease.totalBlocks;
    return !isFull && lease.state === 'ok' && !this.marked.has(lease.leaseId);
  }

  private count(target: ObservedTarget): void {
    target.usedBlocks = target.leases.reduce((sum, lease) => sum + lease.usedBlocks, 0);
    target.totalBlocks = target.leases.reduce((sum, lease) => sum + lease.totalBlocks, 0);
  }

  /** A block goes to the least used lease that takes any. */
  private place(target: ObservedTarget): boolean {
    const [lease] = target.leases
      .filter((each) => this.takes(each))
      .sort((a, b) => a.usedBlocks - b.usedBlocks);
    if (!lease) return false;
    lease.usedBlocks += 1;
    if (lease.usedBlocks + lease.retiredBlocks >= lease.totalBlocks) lease.state = 'full';
    return true;
  }

  private take(lease: ObservedLease): void {
    lease.usedBlocks -= 1;
    if (lease.state === 'full') lease.state = 'ok';
  }

  /** Blocks fail and move, as many as there is room for. */
  remap(target: ObservedTarget, blocks: number): void {
    for (let n = 0; n < blocks && this.place(target); n += 1) target.writeErrors += 1;
    this.count(target);
  }

  /** What it was told is forgotten; what is in the leases is not. */
  reboot(): void {
    this.marked.clear();
    this.jobs.clear();
  }

  /** False when the table leaves out a lease that holds blocks: it is refused then. */
  swap(before: ObservedTarget | undefined, next: ObservedTarget): boolean {
    const kept = new Set(next.leases.map(({ leaseId }) => leaseId));
    const gone = before?.leases.filter(({ leaseId }) => !kept.has(leaseId)) ?? [];
    if (gone.some(({ usedBlocks }) => usedBlocks > 0)) return false;
    const working = this.jobs.get(next.targetId);
    for (const { leaseId } of [...gone, ...next.leases])
      if (leaseId !== working) this.marked.delete(leaseId);
    this.count(next);
    return true;
  }

  /** The message `evacuate`; false is -ENOSPC, or -EBUSY while a job runs. */
  evacuate(target: ObservedTarget, lease: ObservedLease): boolean {
    if (this.jobs.has(target.targetId)) return false;
    const others = target.leases.filter((each) => each !== lease);
    if (lease.usedBlocks > 0 && !others.some((each) => this.takes(each))) return false;
    this.marked.add(lease.leaseId);
    this.jobs.set(target.targetId, lease.leaseId);
    const totalBlocks = lease.usedBlocks;
    target.job = {
      ...{ kind: 'evacuate', state: 'running', totalBlocks, doneBlocks: 0, failedBlocks: 0 },
    };
    return true;
  }

  isMarked(leaseId: LeaseId): boolean {
    return this.marked.has(leaseId);
  }

  emptying(targetId: string): LeaseId | undefined {
    return this.jobs.get(targetId);
  }

  cancel(target: ObservedTarget): void {
    const leaseId = this.jobs.get(target.targetId);
    if (leaseId === undefined || target.job === null) return;
    this.marked.delete(leaseId);
    this.jobs.delete(target.targetId);
    target.job.state = 'cancelled';
  }

  /** The running job goes on. */
  work(target: ObservedTarget): void {
    const lease = target.leases.find(({ leaseId }) => leaseId === this.jobs.get(target.targetId));
    const { job } = target;
    if (!lease || job === null) return;
    for (let n = 0; n < this.pace && lease.usedBlocks > 0; n += 1) {
      if (!this.place(target)) {
        job.failedBlocks = lease.usedBlocks;
        break;
      }
      this.take(lease);
      job.doneBlocks += 1;
    }
    this.count(target);
    if (lease.usedBlocks > 0 && job.failedBlocks === 0) return;
    job.state = 'done';
    this.jobs.delete(target.targetId);
  }
}
