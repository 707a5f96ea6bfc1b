import { DesiredState } from '../../libs/contract/index.js';
import type { DesiredTarget, TargetId } from '../../libs/contract/index.js';
import { assemble, parseOwner } from '../../libs/dm-table/index.js';
import { messageOf } from './base/errors.js';
import type { Log } from './base/log.js';
import type { Inventory } from './discover/inventory.js';
import { findLeases } from './lease/find-leases.js';
import type { FoundLease } from './lease/find-leases.js';
import type { MemoryStore } from './memory.js';
import { acceptDesired, markLive } from './memory-changes.js';

export interface RecoveryParts {
  readonly memory: MemoryStore;
  readonly inventory: () => Promise<Inventory>;
  readonly log: Log;
}

interface Incomplete {
  readonly reason: string;
}

/** The target as its leases say it last ran, or why they are not enough to tell. */
export function targetFrom(
  targetId: TargetId,
  found: readonly FoundLease[],
): DesiredTarget | Incomplete {
  const own = found.filter(({ superblock }) => superblock.targetId === targetId);
  const assembly = assemble(
    targetId,
    own.map(({ superblock }) => superblock),
  );
  if (!assembly.ok) return { reason: assembly.message };
  const { generation, members, missing } = assembly.value;
  if (generation === 0) return { reason: 'no table ever ran with them' };
  if (missing.length > 0) return { reason: `leases ${missing.join(', ')} are not found` };
  const newest = own.find(({ superblock }) => superblock.generation === generation)?.superblock;
  const owner = parseOwner(newest?.label ?? '');
  if (newest === undefined || !owner.ok) return { reason: owner.ok ? 'no lease' : owner.message };
  return {
    ...owner.value,
    targetId,
    lengthSectors: newest.mainSectors,
    blockSectors: newest.blockSectors,
    tableGeneration: generation,
    leases: members.flatMap((leaseId) =>
      own
        .filter(({ superblock }) => superblock.leaseId === leaseId)
        .map(({ deviceId, offsetSectors, superblock: { lengthSectors } }) => ({
          leaseId,
          deviceId,
          offsetSectors,
          lengthSectors,
          fresh: false,
          evacuate: false,
        })),
    ),
  };
}

/** Space is lent from the front of a spare, so a short look finds most leases, and a host without any starts fast. */
const SHORT_LOOK_BYTES = 256 * 2 ** 20;

interface Findings {
  readonly targets: readonly DesiredTarget[];
  readonly incomplete: readonly { readonly targetId: TargetId; readonly reason: string }[];
}

async function search(inventory: Inventory, giveUpAfterBytes: number): Promise<Findings> {
  const found = await findLeases(inventory, giveUpAfterBytes);
  const ids = [...new Set(found.map(({ superblock }) => superblock.targetId))];
  const results = ids.map((targetId) => ({ targetId, ...targetFrom(targetId, found) }));
  return {
    targets: results.filter((result) => 'tableGeneration' in result),
    incomplete: results.filter((result) => 'reason' in result),
  };
}

/**
 * For a host that has lost what it knew: looks for leases on its devices, and wants the targets as they
 * last ran until the manager says otherwise. The host's id and generation are not known here.
 */
export async function recoverMemory({ memory, inventory, log }: RecoveryParts): Promise<void> {
  if (memory.current.desired !== null) return;
  try {
    const devices = await inventory();
    let findings = await search(devices, SHORT_LOOK_BYTES);
    if (findings.incomplete.length > 0) findings = await search(devices, Infinity);
    for (const { targetId, reason } of findings.incomplete)
      log('warn', 'a target cannot be put together from its leases', { targetId, reason });
    const { targets } = findings;
    if (targets.length === 0) return;
    const desired = DesiredState.parse({
      hostId: '00000000-0000-0000-0000-000000000000',
      generation: 0,
      targets,
      absentTargets: [],
      wipeLeases: [],
    });
    const live = targets.flatMap(({ leases }) => leases.map(({ leaseId }) => leaseId));
    await memory.update((current) => markLive(acceptDesired(current, desired), live));
    log('warn', 'nothing was known of this host; its targets are taken from their leases', {
      targets: targets.map(({ name }) => name).join(', '),
    });
  } catch (error) {
    log('error', 'the devices could not be searched for leases', { reason: messageOf(error) });
  }
}
