import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import { Lease, LeaseState, Need, NeedPriority, NeedState } from '../../../libs/contract/index.js';
import type { Api } from '../api.js';
import { group, leaf } from '../command.js';
import { state } from '../render/paint.js';
import type { Column } from '../render/table.js';
import { age, size } from '../render/units.js';
import { hostOf, poolOf, spareOf, targetOf } from '../resolve.js';

type Lease_ = z.infer<typeof Lease>;
type Need_ = z.infer<typeof Need>;

const targetText = ({ hostName, targetName }: Pick<Lease_, 'hostName' | 'targetName'>) =>
  `${hostName}/${targetName}`;

const leaseColumns: readonly Column<Lease_>[] = [
  { head: 'TARGET', text: targetText },
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
  { head: 'TARGET', text: targetText },
  { head: 'CAUSE', text: ({ cause }) => cause },
  { head: 'STATE', text: (need) => state(need.state) },
  { head: 'PRIORITY', text: ({ priority }) => priority },
  { head: 'SIZE', text: ({ sectors }) => size(sectors), right: true },
  { head: 'TRIES', text: ({ attempts }) => attempts, right: true },
  { head: 'AGE', text: ({ createdAt }) => age(createdAt), right: true },
  { head: 'MESSAGE', text: ({ message }) => message ?? '' },
  { head: 'ID', text: ({ id }) => id, wide: true },
];

/** What both lists can be narrowed to. */
interface Narrowed {
  target?: string;
  host?: string;
  pool?: string;
}

const narrowing = [
  new Option('--target <target>', 'only of this one: id, NAME or HOST/NAME'),
  new Option('--pool <pool>', 'only of this one: id or NAME'),
];

async function idsOf(api: Api, { target, host, pool }: Narrowed) {
  return {
    target: target === undefined ? undefined : (await targetOf(api, target)).id,
    host: host === undefined ? undefined : (await hostOf(api, host)).id,
    pool: pool === undefined ? undefined : (await poolOf(api, pool)).id,
  };
}

const isAny = (query: object) => Object.values(query).every((value) => value === undefined);

export function addLeaseCommands(program: Command): void {
  leaf<[], Narrowed & { spare?: string; state?: LeaseState }>(
    group(program, 'lease', 'extents of spares lent to targets'),
    {
      usage: 'list',
      description: 'all leases and how full they are',
      options: [
        ...narrowing,
        new Option('--host <host>', 'only on spares of this one: id or NAME'),
        new Option('--spare <spare>', 'only on this one: id, DEVICE or HOST/DEVICE'),
        new Option('--state <state>', 'only in this one').choices(LeaseState.options),
      ],
      examples: ['dmremap lease list', 'dmremap lease list --target h1/r0'],
      run: async ({ api, showList }, _, { spare, state: wanted, ...narrowed }) => {
        const query = {
          ...(await idsOf(api, narrowed)),
          spare: spare === undefined ? undefined : (await spareOf(api, spare)).id,
          state: wanted,
        };
        const empty = 'Nothing is lent. A target gets its first lease when it is made.';
        const none = isAny(query) ? empty : 'No lease is like that.';
        showList(await api.list(Lease, '/v1/leases', query), leaseColumns, none);
      },
    },
  );
  leaf<[], Narrowed & { state?: NeedState; priority?: NeedPriority }>(
    group(program, 'need', 'what targets ask of their pools'),
    {
      usage: 'list',
      description: 'needs, and what became of them',
      options: [
        ...narrowing,
        new Option('--host <host>', 'only of targets of this one: id or NAME'),
        new Option('--state <state>', 'only in this one').choices(NeedState.options),
        new Option('--priority <priority>', 'only of this one').choices(NeedPriority.options),
      ],
      examples: ['dmremap need list --state unmet', 'dmremap need list --target r0 -o json'],
      run: async ({ api, showList }, _, { state: wanted, priority, ...narrowed }) => {
        const query = { ...(await idsOf(api, narrowed)), state: wanted, priority };
        const none = isAny(query) ? 'Nobody has needed anything yet.' : 'No need is like that.';
        showList(await api.list(Need, '/v1/needs', query), needColumns, none);
      },
    },
  );
}
