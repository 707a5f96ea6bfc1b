import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import { DomainLevel, Media, Pool } from '../../../libs/contract/index.js';
import { done, group, leaf } from '../command.js';
import { usageError } from '../errors.js';
import { renderFields } from '../render/table.js';
import type { Column } from '../render/table.js';
import { parseSize, percent, size } from '../render/units.js';
import { poolOf } from '../resolve.js';

type Pool_ = z.infer<typeof Pool>;

const media = ({ policy }: Pool_) => policy.media?.join(', ') ?? 'any';

const columns: readonly Column<Pool_>[] = [
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
  { head: 'POLICY', text: ({ policy }) => policy.name, wide: true },
  { head: 'ID', text: ({ id }) => id, wide: true },
];

const describe = (pool: Pool_): string =>
  renderFields([
    ['Pool', pool.name],
    ['Id', pool.id],
    ['Policy', pool.policy.name],
    ['Members of an array apart by', pool.policy.domainLevel],
    ['Media', media(pool)],
    ['Length of a lease', size(pool.policy.leaseSectors)],
    ['Low water', `${pool.policy.lowWaterBlocks} blocks`],
    ['Spares', pool.spareCount],
    ['Lent', `${size(pool.leasedSectors)} of ${size(pool.totalSectors)}`],
    ['Created', pool.createdAt],
  ]);

interface CreateOptions {
  readonly apartBy?: string;
  readonly media?: readonly string[];
  readonly lease?: string;
  readonly lowWater?: string;
}

export function sectorsOf(text: string): number {
  const sectors = parseSize(text);
  if (sectors !== undefined) return sectors;
  throw usageError(`"${text}" is no size; say for example 8MiB, a multiple of 4KiB`);
}

function policyOf({ apartBy, media: admitted, lease, lowWater }: CreateOptions): object {
  return {
    ...(apartBy !== undefined && { domainLevel: apartBy }),
    ...(admitted !== undefined && { media: admitted }),
    ...(lease !== undefined && { leaseSectors: sectorsOf(lease) }),
    ...(lowWater !== undefined && { lowWaterBlocks: Number(lowWater) }),
  };
}

export function addPoolCommands(program: Command): void {
  const pool = group(program, 'pool', 'spare pools: spare devices with one policy');
  leaf(pool, {
    usage: 'list',
    description: 'all pools and how much of them is lent',
    examples: ['dmremap pool list'],
    run: async ({ api, showList }) => {
      const empty = 'There is no pool yet. Make one with: dmremap pool create NAME';
      showList(await api.list(Pool, '/v1/pools'), columns, empty);
    },
  });
  leaf<[string], CreateOptions>(pool, {
    usage: 'create <name>',
    description: 'make a pool',
    options: [
      new Option('--apart-by <level>', 'what members of one array may not share').choices(
        DomainLevel.options,
      ),
      new Option('--media <media...>', 'admit only these').choices(Media.options),
      new Option('--lease <size>', 'length of one lease, such as 8MiB'),
      new Option('--low-water <blocks>', 'a target with fewer free blocks gets a further lease'),
    ],
    examples: [
      'dmremap pool create general',
      'dmremap pool create fast --media ssd nvme --apart-by enclosure --lease 8MiB --low-water 256',
    ],
    run: async ({ api, show }, [name], options) => {
      const body = { name, policy: policyOf(options) };
      show(await api.post(Pool, '/v1/pools', body), (created) =>
        [
          `Pool ${created.name} is there.`,
          `Give it spares with: dmremap spare add ${created.name} HOST DISK`,
        ].join('\n'),
      );
    },
  });
  leaf<[string], object>(pool, {
    usage: 'show <pool>',
    description: 'one pool with its policy, by name or id',
    examples: ['dmremap pool show general'],
    run: async ({ api, show }, [key]) => {
      show(await poolOf(api, key), describe);
    },
  });
  leaf<[string], object>(pool, {
    usage: 'delete <pool>',
    description: 'delete a pool that has no spares',
    examples: ['dmremap pool delete general'],
    run: async (context, [key]) => {
      const { id, name } = await poolOf(context.api, key);
      await context.api.delete(`/v1/pools/${id}`);
      done(context, { id, name }, `Pool ${name} is deleted.`);
    },
  });
}
