import type { z } from 'zod';
import type { Pool, PoolPolicy, ScoreWeights } from '../../../libs/contract/index.js';
import { weightsOf } from '../../../libs/placement/index.js';
import { renderFields } from '../render/table.js';
import type { Column } from '../render/table.js';
import { percent, size } from '../render/units.js';

type Pool_ = z.infer<typeof Pool>;

const media = ({ policy }: Pool_) => policy.media?.join(', ') ?? 'any';

export const poolColumns: readonly Column<Pool_>[] = [
  { head: 'POOL', text: ({ name }) => name },
  { head: 'SPARES', text: ({ spareCount }) => spareCount, right: true },
  { head: 'SIZE', text: ({ totalSectors }) => size(totalSectors), right: true },
  {
    head: 'LENT',
    text: ({ leasedSectors, totalSectors }) => percent(leasedSectors, totalSectors),
    right: true,
  },
  { head: 'LEASE', text: ({ policy }) => size(policy.leaseSectors), right: true },
  { head: 'LOW WATER', text: ({ policy }) => `${policy.lowWaterBlocks} blocks`, right: true },
  { head: 'APART BY', text: ({ policy }) => policy.domainLevel },
  { head: 'MEDIA', text: media },
  { head: 'POLICY', text: ({ policy }) => policy.name },
  { head: 'SCOPE', text: ({ policy }) => policy.scope, wide: true },
  { head: 'LOCALITY', text: ({ policy }) => policy.locality, wide: true },
  { head: 'RESERVE', text: ({ policy }) => `${policy.reservePercent}%`, right: true, wide: true },
  { head: 'ID', text: ({ id }) => id, wide: true },
];

/** Those that count. */
export const weightsText = (weights: ScoreWeights): string =>
  Object.entries(weights)
    .filter(([, weight]) => weight > 0)
    .map(([name, weight]) => `${name} ${weight}`)
    .join(', ') || 'none: any spare that may serve is as good as another';

const bound = (most: number | null, of: string) => (most === null ? 'no bound' : `${most} ${of}`);

function serves({ scope, dedicatedTo }: PoolPolicy, names: ReadonlyMap<string, string>): string {
  switch (scope) {
    case 'global':
      return 'every target';
    case 'chassis':
      return "targets whose main device is in the spare's enclosure";
    case 'dedicated':
      return dedicatedTo.map((id) => names.get(id) ?? id).join(', ') || 'no target yet';
  }
}

function leaseLength({ leaseSectors, maxLeaseSectors }: PoolPolicy): string {
  const most = maxLeaseSectors ?? 16 * leaseSectors;
  return most > leaseSectors ? `${size(leaseSectors)} to ${size(most)}` : size(leaseSectors);
}

/** `targetNames`: HOST/NAME by id, of the targets that the pool is dedicated to. */
export function describePool(pool: Pool_, targetNames: ReadonlyMap<string, string>): string {
  const { policy } = pool;
  return renderFields([
    ['Pool', pool.name],
    ['Id', pool.id],
    ['Policy', policy.name],
    ['Weights', weightsText(weightsOf(policy))],
    ['Serves', serves(policy, targetNames)],
    ['Spares of other hosts', policy.locality],
    ['Members of an array apart by', policy.domainLevel],
    ['Media', media(pool)],
    ['Speed against the main device', policy.speedClass],
    ['Arrays on one spare', bound(policy.maxArraysPerSpare, 'at most')],
    ['Grants to one host', bound(policy.maxGrantsPerHostPerHour, 'an hour at most')],
    ['Grants of the pool', bound(policy.maxGrantsPerHour, 'an hour at most')],
    ['Reserve for urgent needs', `${policy.reservePercent}% of each spare`],
    ['Length of a lease', leaseLength(policy)],
    ['Low water', `${policy.lowWaterBlocks} blocks`],
    ['Horizon of endurance', `${policy.horizonDays} days`],
    ['Spares', pool.spareCount],
    ['Lent', `${size(pool.leasedSectors)} of ${size(pool.totalSectors)}`],
    ['Created', pool.createdAt],
  ]);
}
