import type { BlockSectors, PoolId, SpareId, TargetId } from '../../contract/index.js';
import type { HostFacts } from '../snapshot.js';

/** What a target holds, beyond what its facts say. */
export interface TargetBooks {
  targetId: TargetId;
  poolId: PoolId;
  blockSectors: BlockSectors;
  /** Its live leases. */
  leases: { spareId: SpareId; sectors: number; freeBlocks: number }[];
}

/** One host as coverage looks at it. */
export interface HostBooks {
  facts: HostFacts;
  targets: TargetBooks[];
}
