import type { z } from 'zod';
import type { ObservedJob, ObservedLease, Target } from '../../../libs/contract/index.js';
import { paint, state } from '../render/paint.js';
import { renderFields, renderTable } from '../render/table.js';
import type { Column } from '../render/table.js';
import { size, yesNo } from '../render/units.js';
import { conditionColumns } from './hosts.js';

type Target_ = z.infer<typeof Target>;
type Lease_ = z.infer<typeof ObservedLease>;

const free = ({ freeBlocks, lowWaterBlocks }: Target_) =>
  freeBlocks < lowWaterBlocks ? paint('yellow', `${freeBlocks} (low)`) : `${freeBlocks}`;

const pending = (count: number) => (count > 0 ? paint('yellow', String(count)) : '0');

const job = (last: ObservedJob | null): string =>
  last === null
    ? 'none'
    : `${last.kind} ${last.state}: ${last.doneBlocks} of ${last.totalBlocks} blocks, ${last.failedBlocks} failed`;

const tableGeneration = ({ observed, desiredTableGeneration }: Target_) => {
  const running = observed?.tableGeneration;
  if (running === desiredTableGeneration) return String(running);
  return paint('yellow', `${running ?? '-'} of ${desiredTableGeneration}`);
};

export const targetColumns: readonly Column<Target_>[] = [
  { head: 'HOST', text: ({ hostName }) => hostName },
  { head: 'TARGET', text: ({ name }) => name },
  { head: 'STATE', text: (target) => state(target.state) },
  { head: 'MODE', text: ({ observed }) => state(observed?.mode ?? '-') },
  { head: 'SIZE', text: ({ lengthSectors }) => size(lengthSectors), right: true },
  { head: 'REMAPPED', text: ({ observed }) => observed?.usedBlocks ?? '-', right: true },
  { head: 'FREE', text: free, right: true },
  { head: 'PENDING', text: ({ observed }) => pending(observed?.pendingBlocks ?? 0), right: true },
  { head: 'LEASES', text: ({ leaseCount }) => leaseCount, right: true },
  { head: 'GENERATION', text: tableGeneration, right: true },
  { head: 'MAIN DEVICE', text: ({ mainDeviceId }) => mainDeviceId },
  { head: 'POOL', text: ({ poolName }) => poolName, wide: true },
  { head: 'ID', text: ({ id }) => id, wide: true },
];

const leaseColumns: readonly Column<Lease_>[] = [
  { head: 'LEASE', text: ({ leaseId }) => leaseId },
  { head: 'STATE', text: (lease) => state(lease.state) },
  {
    head: 'USED',
    text: ({ usedBlocks, totalBlocks }) => `${usedBlocks}/${totalBlocks}`,
    right: true,
  },
  { head: 'RETIRED', text: ({ retiredBlocks }) => retiredBlocks, right: true },
  { head: 'ERRORS', text: ({ errors }) => errors, right: true },
];

export function describeTarget(target: Target_): string {
  const { observed, conditions } = target;
  const fields = renderFields([
    ['Target', `${target.hostName}/${target.name}`],
    ['Id', target.id],
    ['State', state(target.state)],
    ['Device', `/dev/mapper/${target.name}`],
    ['Main device', target.mainDeviceId],
    ['Pool', target.poolName],
    ['Size', `${size(target.lengthSectors)} in blocks of ${size(target.blockSectors)}`],
    ['Table generation', tableGeneration(target)],
    ['Free blocks', `${free(target)}, low water ${target.lowWaterBlocks}`],
    ...(observed === null
      ? []
      : ([
          ['Mode', state(observed.mode)],
          ['Suspended', yesNo(observed.suspended)],
          ['Remapped blocks', `${observed.usedBlocks} of ${observed.totalBlocks}`],
          ['Pending blocks', pending(observed.pendingBlocks)],
          ['Errors', `${observed.readErrors} read, ${observed.writeErrors} write`],
          ['Failed remaps', observed.remapFailures],
          ['Job', job(observed.job)],
        ] as const)),
  ]);
  const leases = observed && observed.leases.length > 0;
  return [
    fields,
    ...(leases ? [renderTable(leaseColumns, observed.leases)] : []),
    ...(conditions.length > 0 ? [renderTable(conditionColumns, conditions)] : []),
  ].join('\n\n');
}
