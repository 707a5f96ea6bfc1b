import type { Command } from 'commander';
import type { z } from 'zod';
import { Pool, Target } from '../../../libs/contract/index.js';
import type { Api } from '../api.js';
import { change, done, group, leaf } from '../command.js';
import { usageError } from '../errors.js';
import { poolOf, targetNames } from '../resolve.js';
import { policyOf, policyOptions, type PolicyOptions } from './pool-policy.js';
import { describePool, poolColumns } from './pool-view.js';

/** Asked for only where the policy names targets. */
async function namesOf(api: Api, { policy }: z.infer<typeof Pool>) {
  return targetNames(policy.dedicatedTo.length > 0 ? await api.list(Target, '/v1/targets') : []);
}

export function addPoolCommands(program: Command): void {
  const pool = group(program, 'pool', 'spare pools: spare devices with one policy');
  leaf(pool, {
    usage: 'list',
    description: 'all pools and how much of them is lent',
    examples: ['dmremap pool list'],
    run: async ({ api, showList }) => {
      const empty = 'There is no pool yet. Make one with: dmremap pool create NAME';
      showList(await api.list(Pool, '/v1/pools'), poolColumns, empty);
    },
  });
  change<[string], PolicyOptions>(pool, {
    usage: 'create <name>',
    description: 'make a pool',
    options: policyOptions(),
    examples: [
      'dmremap pool create general',
      'dmremap pool create fast --media ssd nvme --apart-by enclosure --lease 8MiB --low-water 256',
      'dmremap pool create worn --policy wear-aware --horizon 730 --max-host-grants 20',
    ],
    run: async ({ api, show }, [name], options) => {
      const body = { name, policy: await policyOf(api, options) };
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
      const shown = await poolOf(api, key);
      const names = await namesOf(api, shown);
      show(shown, (value) => describePool(value, names));
    },
  });
  change<[string], PolicyOptions>(pool, {
    usage: 'update <pool>',
    description: 'change the given parts of the policy; leases that were granted stay',
    options: policyOptions(),
    examples: [
      'dmremap pool update general --policy balanced --max-arrays 4 --reserve 10',
      'dmremap pool update general --weight endurance=2 load=0 --max-arrays none',
      'dmremap pool update db --scope dedicated --dedicated-to h1/r0 h1/r1',
    ],
    run: async ({ api, show }, [key], options) => {
      const policy = await policyOf(api, options);
      if (Object.keys(policy).length === 0)
        throw usageError('nothing to change; see: dmremap pool update --help');
      const read = await poolOf(api, key);
      const updated = await api.patch(Pool, `/v1/pools/${read.id}`, { policy }, read);
      const names = await namesOf(api, updated);
      show(updated, (value) => describePool(value, names));
    },
  });
  change<[string], object>(pool, {
    usage: 'delete <pool>',
    description: 'delete a pool that has no spares',
    examples: ['dmremap pool delete general'],
    run: async (context, [key]) => {
      const read = await poolOf(context.api, key);
      const { id, name } = read;
      await context.api.delete(`/v1/pools/${id}`, {}, read);
      done(context, { id, name }, `Pool ${name} is deleted.`);
    },
  });
}
