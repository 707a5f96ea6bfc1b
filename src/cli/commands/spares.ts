import { Option } from 'commander';
import type { Command } from 'commander';
import { Spare } from '../../../libs/contract/index.js';
import { change, done, group, leaf } from '../command.js';
import { size } from '../render/units.js';
import { SERVICE_CHANGES } from '../service.js';
import { diskOf, hostOf, poolOf, spareOf } from '../resolve.js';
import { hostOption } from './inventory.js';
import { describeSpare, spareColumns } from './spare-view.js';

function addServiceCommands(spare: Command): void {
  for (const { usage, effect, body } of SERVICE_CHANGES) {
    change<[string], object>(spare, {
      usage: `${usage} <spare>`,
      description: `${effect}; by id, DEVICE or HOST/DEVICE`,
      examples: [`dmremap spare ${usage} h1/wwn:5000c50001010200`],
      run: async ({ api, show }, [key]) => {
        const read = await spareOf(api, key);
        show(
          await api.patch(Spare, `/v1/spares/${read.id}`, body, read),
          ({ deviceId, hostName }) => `Spare ${hostName}/${deviceId}: ${effect}.`,
        );
      },
    });
  }
}

export function addSpareCommands(program: Command): void {
  const spare = group(program, 'spare', 'disks and partitions whose space is lent out');
  leaf<[], { pool?: string; host?: string }>(spare, {
    usage: 'list',
    description: 'all spares and how much of each is lent',
    options: [new Option('--pool <pool>', 'only of this pool, by name or id'), hostOption],
    examples: ['dmremap spare list', 'dmremap spare list --pool general -o wide'],
    run: async ({ api, showList }, _, { pool, host }) => {
      const empty =
        'No spare. Find a free disk with: dmremap disk list\nthen: dmremap spare add POOL HOST DISK';
      showList(await api.list(Spare, '/v1/spares', { pool, host }), spareColumns, empty);
    },
  });
  leaf<[string], object>(spare, {
    usage: 'show <spare>',
    description: 'one spare, and what is left on one that is drained; by id, DEVICE or HOST/DEVICE',
    examples: [
      'dmremap spare show h1/wwn:5000c50001010200',
      'watch -n 2 dmremap spare show h1/wwn:5000c50001010200',
    ],
    run: async ({ api, show }, [key]) => {
      show(await spareOf(api, key), describeSpare);
    },
  });
  change<[string, string, string], object>(spare, {
    usage: 'add <pool> <host> <disk>',
    description: 'lend out a free disk or partition: by identity, serial number or /dev name',
    examples: [
      'dmremap spare add general h1 wwn:5000c50001010200',
      'dmremap spare add general h1 /dev/sdb',
    ],
    run: async ({ api, show }, [poolKey, hostKey, diskKey]) => {
      const [pool, host] = [await poolOf(api, poolKey), await hostOf(api, hostKey)];
      const disk = await diskOf(api, host.id, diskKey);
      const body = { poolId: pool.id, hostId: host.id, deviceId: disk.id };
      show(
        await api.post(Spare, '/v1/spares', body),
        ({ deviceId, totalSectors }) =>
          `Pool ${pool.name} may lend ${size(totalSectors)} of ${host.name}/${deviceId}.`,
      );
    },
  });
  change<[string], object>(spare, {
    usage: 'remove <spare>',
    description: 'take a spare without leases out of its pool; by id, DEVICE or HOST/DEVICE',
    examples: ['dmremap spare remove h1/wwn:5000c50001010200'],
    run: async (context, [key]) => {
      const read = await spareOf(context.api, key);
      const { id, deviceId, hostName, poolName } = read;
      await context.api.delete(`/v1/spares/${id}`, {}, read);
      done(context, { id, deviceId }, `${hostName}/${deviceId} is no longer in pool ${poolName}.`);
    },
  });
  addServiceCommands(spare);
}
