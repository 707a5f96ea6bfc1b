import type { z } from 'zod';
import type { Spare } from '../../../libs/contract/index.js';
import { state } from '../render/paint.js';
import { renderFields } from '../render/table.js';
import type { Column } from '../render/table.js';
import { percent, size } from '../render/units.js';
import { serviceOf } from '../service.js';

type Spare_ = z.infer<typeof Spare>;

export const spareColumns: readonly Column<Spare_>[] = [
  { head: 'POOL', text: ({ poolName }) => poolName },
  { head: 'HOST', text: ({ hostName }) => hostName },
  { head: 'DEVICE', text: ({ deviceId }) => deviceId },
  { head: 'STATE', text: (spare) => state(serviceOf(spare) ?? spare.state) },
  { head: 'SIZE', text: ({ totalSectors }) => size(totalSectors), right: true },
  {
    head: 'LENT',
    text: ({ leasedSectors, totalSectors }) => percent(leasedSectors, totalSectors),
    right: true,
  },
  { head: 'LEASES', text: ({ leaseCount }) => leaseCount, right: true },
  { head: 'BLOCKS', text: ({ usedBlocks }) => usedBlocks, right: true },
  { head: 'ID', text: ({ id }) => id, wide: true },
];

const counted = (count: number, thing: string) => `${count} ${thing}${count === 1 ? '' : 's'}`;

function service(spare: Spare_): string {
  const { leaseCount, usedBlocks } = spare;
  const word = serviceOf(spare) ?? 'lends';
  if (!spare.draining) return word === 'lends' ? word : state(word);
  if (leaseCount === 0) return `${state(word)}, empty: it can be removed`;
  return `${state(word)}, ${counted(leaseCount, 'lease')}, ${counted(usedBlocks, 'block')} left`;
}

export const describeSpare = (spare: Spare_): string =>
  renderFields([
    ['Spare', `${spare.hostName}/${spare.deviceId}`],
    ['Id', spare.id],
    ['Pool', spare.poolName],
    ['Disk', state(spare.state)],
    ['Service', service(spare)],
    ['Size', size(spare.totalSectors)],
    [
      'Lent',
      `${size(spare.leasedSectors)} (${percent(spare.leasedSectors, spare.totalSectors)}) in ${counted(spare.leaseCount, 'lease')}`,
    ],
    ['Blocks in use', spare.usedBlocks],
  ]);
