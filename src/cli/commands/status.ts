import type { Command } from 'commander';
import type { z } from 'zod';
import { FleetStatus } from '../../../libs/contract/index.js';
import { leaf } from '../command.js';
import { paint } from '../render/paint.js';
import { renderFields, renderTable } from '../render/table.js';
import { percent, size } from '../render/units.js';

const notable = (count: number, text: string): string =>
  count > 0 ? paint('yellow', `${count} ${text}`) : `${count} ${text}`;

function describe(status: z.infer<typeof FleetStatus>): string {
  const { hosts, targets, remaps, pools, needs } = status;
  const fields = renderFields([
    [
      'Hosts',
      `${hosts.total}: ${hosts.ready} ready, ${notable(hosts.unreachable, 'unreachable')}, ${notable(hosts.behind, 'behind')}`,
    ],
    [
      'Targets',
      `${targets.total}: ${targets.active} active, ${notable(targets.lowOnSpace, 'low on space')}, ${notable(targets.withPending, 'with pending blocks')}`,
    ],
    ['Blocks', `${remaps.usedBlocks} remapped, ${notable(remaps.pendingBlocks, 'pending')}`],
    ['Needs', `${needs.open} open, ${needs.placed} placed, ${notable(needs.unmet, 'unmet')}`],
  ]);
  if (pools.length === 0) {
    return `${fields}\n\nThere is no pool yet. Make one with: dmremap pool create NAME`;
  }
  const table = renderTable(
    [
      { head: 'POOL', text: ({ name }) => name },
      { head: 'SPARES', text: ({ spares }) => spares, right: true },
      { head: 'SIZE', text: ({ totalSectors }) => size(totalSectors), right: true },
      {
        head: 'LENT',
        text: ({ leasedSectors, totalSectors }) => percent(leasedSectors, totalSectors),
        right: true,
      },
    ],
    pools,
  );
  return `${fields}\n\n${table}`;
}

export function addStatusCommand(program: Command): void {
  leaf(program, {
    usage: 'status',
    description: 'the fleet on one screen',
    examples: ['dmremap status', 'watch -n 2 dmremap status'],
    run: async ({ api, show }) => {
      show(await api.get(FleetStatus, '/v1/status'), describe);
    },
  });
}
