import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import { Lease, Need } from '../../../libs/contract/index.js';
import { group, leaf } from '../command.js';
import { state } from '../render/paint.js';
import type { Column } from '../render/table.js';
import { age, size } from '../render/units.js';
import { targetOf } from '../resolve.js';

type Lease_ = z.infer<typeof Lease>;
type Need_ = z.infer<typeof Need>;

const leaseColumns: readonly Column<Lease_>[] = [
  { head: 'TARGET', text: ({ hostName, targetName }) => `${hostName}/${targetName}` },
  { head: 'ON', text: ({ deviceId }) => deviceId },
  { head: 'OFFSET', text: ({ offsetSectors }) => offsetSectors, right: true },
  { head: 'SIZE', text: ({ lengthSectors }) => size(lengthSectors), right: true },
  { head: 'STATE', text: (lease) => state(lease.state) },
  {
    head: 'USED',
    text: ({ usedBlocks, totalBlocks }) => `${usedBlocks}/${totalBlocks}`,
    right: true,
  },
  { head: 'SINCE', text: ({ generation }) => `generation ${generation}` },
  { head: 'ID', text: ({ id }) => id, wide: true },
];

const needColumns: readonly Column<Need_>[] = [
  { head: 'TARGET', text: ({ targetName }) => targetName },
  { head: 'CAUSE', text: ({ cause }) => cause },
  { head: 'STATE', text: (need) => state(need.state) },
  { head: 'PRIORITY', text: ({ priority }) => priority },
  { head: 'SIZE', text: ({ sectors }) => size(sectors), right: true },
  { head: 'TRIES', text: ({ attempts }) => attempts, right: true },
  { head: 'AGE', text: ({ createdAt }) => age(createdAt), right: true },
  { head: 'MESSAGE', text: ({ message }) => message ?? '' },
  { head: 'ID', text: ({ id }) => id, wide: true },
];

const targetOption = new Option('--target <target>', 'only of this one: id, NAME or HOST/NAME');

export function addLeaseCommands(program: Command): void {
  leaf<[], { target?: string }>(group(program, 'lease', 'extents of spares lent to targets'), {
    usage: 'list',
    description: 'all leases and how full they are',
    options: [targetOption],
    examples: ['dmremap lease list', 'dmremap lease list --target h1/r0'],
    run: async ({ api, showList }, _, { target }) => {
      const id = target === undefined ? undefined : (await targetOf(api, target)).id;
      const empty = 'Nothing is lent. A target gets its first lease when it is made.';
      showList(await api.list(Lease, '/v1/leases', { target: id }), leaseColumns, empty);
    },
  });
  leaf<[], { target?: string }>(group(program, 'need', 'what targets ask of their pools'), {
    usage: 'list',
    description: 'needs, and what became of them',
    options: [targetOption],
    examples: ['dmremap need list', 'dmremap need list --target r0 -o json'],
    run: async ({ api, showList }, _, { target }) => {
      const id = target === undefined ? undefined : (await targetOf(api, target)).id;
      const empty = 'Nobody has needed anything yet.';
      showList(await api.list(Need, '/v1/needs', { target: id }), needColumns, empty);
    },
  });
}
