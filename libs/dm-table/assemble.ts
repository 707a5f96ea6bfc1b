import type { Generation, LeaseId, TargetId } from '../contract/index.js';
import { failure, success } from './result.js';
import type { Result } from './result.js';
import type { Superblock } from './superblock.js';

/** How a target last ran, as its leases tell it. */
export interface Assembly {
  /** 0 when no lease of it has ever run. */
  readonly generation: Generation;
  /** All leases of that table, in table order. */
  readonly members: readonly LeaseId[];
  readonly missing: readonly LeaseId[];
}

/** `superblocks` may hold those of other targets; they are left aside. */
export function assemble(targetId: TargetId, superblocks: readonly Superblock[]): Result<Assembly> {
  const own = superblocks.filter((superblock) => superblock.targetId === targetId);
  const generation = own.reduce((highest, { generation }) => Math.max(highest, generation), 0);
  if (generation === 0) return success({ generation: 0 as Generation, members: [], missing: [] });

  const newest = own.filter((superblock) => superblock.generation === generation);
  const members = newest[0]?.members ?? [];
  const disagreeing = newest.find(({ members: other }) => other.join() !== members.join());
  if (disagreeing !== undefined) {
    return failure(
      'members-disagree',
      `leases ${newest[0]?.leaseId ?? ''} and ${disagreeing.leaseId} of target ${targetId} list different members at generation ${generation}`,
    );
  }
  const present = new Set(own.map(({ leaseId }) => leaseId));
  return success({
    generation: generation as Generation,
    members,
    missing: members.filter((member) => !present.has(member)),
  });
}
