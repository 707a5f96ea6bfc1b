import type { DesiredLease, LeaseId, TargetId } from '../../../libs/contract/index.js';

/** A lease's superblock as it lies on a spare, with how many of its blocks are in use. */
interface Superblock {
  leaseId: LeaseId;
  targetId: TargetId;
  first: number;
  end: number;
}

/** What was written to the spares of a fleet; it outlives agents, hosts and the manager. */
export class Media {
  private readonly bySpare = new Map<string, Superblock[]>();
  readonly wiped = new Set<LeaseId>();

  /** As the agent does it: only a fresh lease, and only where no other lease lives. */
  format(
    targetId: TargetId,
    { leaseId, deviceId, offsetSectors, lengthSectors, fresh }: DesiredLease,
  ) {
    const there = this.bySpare.get(deviceId) ?? [];
    if (there.some((superblock) => superblock.leaseId === leaseId)) return;
    if (!fresh) throw new Error(`lease ${leaseId} was in use and has no superblock on ${deviceId}`);
    if (this.wiped.has(leaseId)) throw new Error(`lease ${leaseId} is wanted again after its wipe`);
    const end = offsetSectors + lengthSectors;
    const other = there.find(
      (superblock) => superblock.first < end && offsetSectors < superblock.end,
    );
    if (other)
      throw new Error(
        `lease ${leaseId} was granted where lease ${other.leaseId} of target ${other.targetId} lives`,
      );
    this.bySpare.set(deviceId, [...there, { leaseId, targetId, first: offsetSectors, end }]);
  }

  wipe({ leaseId, deviceId }: DesiredLease): void {
    const there = this.bySpare.get(deviceId) ?? [];
    this.bySpare.set(
      deviceId,
      there.filter((superblock) => superblock.leaseId !== leaseId),
    );
    this.wiped.add(leaseId);
  }

  /** Of every spare. */
  leases(): LeaseId[] {
    return [...this.bySpare.values()].flat().map(({ leaseId }) => leaseId);
  }
}
