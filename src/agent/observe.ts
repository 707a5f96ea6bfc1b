import type {
  DeviceId,
  Generation,
  ObservedArray,
  ObservedTarget,
  TargetId,
} from '../../libs/contract/index.js';
import type { RemapStatus } from '../../libs/dm-table/index.js';
import type { Log } from './base/log.js';
import type { RunProgram } from './base/run-program.js';
import { readArrays } from './discover/arrays.js';
import type { Inventory } from './discover/inventory.js';
import type { Dmsetup } from './dm/dmsetup.js';
import { readStatuses, readTargets } from './dm/targets.js';
import type { RunningTarget } from './dm/targets.js';

export interface ObserveParts {
  readonly sys: string;
  readonly run: RunProgram;
  readonly log: Log;
  readonly dmsetup: Dmsetup;
}

export interface Observation {
  readonly targets: readonly ObservedTarget[];
  readonly running: readonly RunningTarget[];
  /** By device name. */
  readonly statuses: ReadonlyMap<string, RemapStatus>;
  readonly arrays: readonly ObservedArray[];
}

function describeTarget(running: RunningTarget, status: RemapStatus | undefined): ObservedTarget[] {
  const { targetId, name, suspended, table } = running;
  const blockSectors = status?.blockSectors ?? table?.blockSectors;
  if (blockSectors === undefined) return [];
  return [
    {
      targetId,
      name,
      suspended,
      blockSectors,
      tableGeneration: status?.generation ?? table?.generation ?? (0 as Generation),
      mode: status?.mode ?? 'failed',
      usedBlocks: status?.usedBlocks ?? 0,
      totalBlocks: status?.totalBlocks ?? 0,
      pendingBlocks: status?.pendingBlocks ?? 0,
      readErrors: status?.readErrors ?? 0,
      writeErrors: status?.writeErrors ?? 0,
      remapFailures: status?.remapFailures ?? 0,
      leases: (status?.leases ?? []).map(
        ({ leaseId, totalBlocks, usedBlocks, retiredBlocks, errors, state }) => ({
          leaseId,
          totalBlocks,
          usedBlocks,
          retiredBlocks,
          errors,
          state,
        }),
      ),
      job: status?.job ?? null,
    },
  ];
}

const byDevno = <Id>(pairs: Iterable<readonly [string, Id]>) => {
  const ids = new Map(pairs);
  return (devno: string): Id | undefined => ids.get(devno);
};

/** The parts of the host that change from second to second. */
export async function observe(parts: ObserveParts, inventory: Inventory): Promise<Observation> {
  const running = await readTargets(parts.dmsetup);
  const statuses =
    running.length === 0 ? new Map<string, RemapStatus>() : await readStatuses(parts.dmsetup);
  const arrays = await readArrays({
    ...parts,
    targetAt: byDevno<TargetId>(running.map(({ devno, targetId }) => [devno, targetId])),
    deviceAt: byDevno<DeviceId>([...inventory].map(([id, { devno }]) => [devno, id])),
  });
  const targets = running.flatMap((target) => describeTarget(target, statuses.get(target.name)));
  return { targets, running, statuses, arrays };
}
