import { randomUUID } from 'node:crypto';
import { Option } from 'commander';
import type { Command } from 'commander';
import { Need, Target } from '../../../libs/contract/index.js';
import { change, done, group, leaf } from '../command.js';
import { usageError } from '../errors.js';
import { parseSize, size } from '../render/units.js';
import { diskOf, hostOf, poolOf, targetOf } from '../resolve.js';
import { sectorsOf } from '../sectors-of.js';
import { hostOption } from './inventory.js';
import { describeTarget, targetColumns } from './target-view.js';

interface CreateOptions {
  readonly main: string;
  readonly pool: string;
  readonly block: string;
  readonly peer?: readonly string[];
}

interface GrowOptions {
  readonly size?: string;
  readonly key?: string;
}

function addCreate(target: Command): void {
  change<[string, string], CreateOptions>(target, {
    usage: 'create <host> <name>',
    description: 'put a remap target over a disk; it becomes /dev/mapper/NAME on the host',
    options: [
      new Option(
        '--main <disk>',
        'the disk to protect: identity, serial number or /dev name',
      ).makeOptionMandatory(),
      new Option('--pool <pool>', 'where its leases come from').makeOptionMandatory(),
      new Option('--block <size>', 'the unit of remapping: 4KiB to 32KiB').default('4KiB'),
      new Option('--peer <disk...>', 'disks that will be in one array with it'),
    ],
    examples: [
      'dmremap target create h1 r0 --main wwn:5000c50001010100 --pool general',
      'dmremap target create h1 r0 --main /dev/sda --pool general --peer /dev/sdd',
    ],
    run: async ({ api, show }, [hostKey, name], options) => {
      const [host, pool] = [await hostOf(api, hostKey), await poolOf(api, options.pool)];
      const main = await diskOf(api, host.id, options.main);
      const blockSectors = parseSize(options.block);
      if (blockSectors === undefined) throw usageError(`--block cannot be ${options.block}`);
      const arrayPeers = [];
      for (const peer of options.peer ?? []) {
        arrayPeers.push((await diskOf(api, host.id, peer)).id);
      }
      const body = {
        hostId: host.id,
        name,
        mainDeviceId: main.id,
        poolId: pool.id,
        blockSectors,
        arrayPeers,
      };
      show(await api.post(Target, '/v1/targets', body), ({ lengthSectors }) =>
        [
          `Target ${host.name}/${name} (${size(lengthSectors)}) is planned; soon it is /dev/mapper/${name}.`,
          `Watch it with: dmremap target show ${host.name}/${name}`,
        ].join('\n'),
      );
    },
  });
}

function addChanges(target: Command): void {
  change<[string], { force?: boolean }>(target, {
    usage: 'delete <target>',
    description: 'take a target down and give its leases back',
    options: [new Option('--force', 'also when blocks live only in its leases')],
    examples: ['dmremap target delete h1/r0'],
    run: async (context, [key], { force }) => {
      const read = await targetOf(context.api, key);
      const { id, name, hostName } = read;
      const query = { force: force === true ? 'true' : undefined };
      await context.api.delete(`/v1/targets/${id}`, query, read);
      done(context, { id, name }, `Target ${hostName}/${name} is being taken down.`);
    },
  });
  change<[string], GrowOptions>(target, {
    usage: 'grow <target>',
    description: 'ask for a further lease now',
    options: [
      new Option('--size <size>', 'of the lease; else what the pool says'),
      new Option('--key <key>', 'the same key never asks twice; else a new one'),
    ],
    examples: [
      'dmremap target grow h1/r0',
      'dmremap target grow r0 --size 16MiB --key ticket-4711',
    ],
    run: async ({ api, show }, [key], options) => {
      const { id, name, hostName } = await targetOf(api, key);
      const body = options.size === undefined ? {} : { lengthSectors: sectorsOf(options.size) };
      const headers = { 'idempotency-key': options.key ?? randomUUID() };
      show(
        await api.post(Need, `/v1/targets/${id}/leases`, body, { headers }),
        ({ sectors }) =>
          `Target ${hostName}/${name} is to have ${size(sectors)} more. See: dmremap need list`,
      );
    },
  });
}

export function addTargetCommands(program: Command): void {
  const target = group(program, 'target', 'remap targets: a main device and its leases');
  leaf<[], { host?: string }>(target, {
    usage: 'list',
    description: 'all targets, their remaps and their free space',
    options: [hostOption],
    examples: ['dmremap target list', 'dmremap target list --host h1 -o json'],
    run: async ({ api, showList }, _, { host }) => {
      const empty =
        'No target yet. Make one with: dmremap target create HOST NAME --main DISK --pool POOL';
      showList(await api.list(Target, '/v1/targets', { host }), targetColumns, empty);
    },
  });
  leaf<[string], object>(target, {
    usage: 'show <target>',
    description: 'one target with its leases and conditions: by id, NAME or HOST/NAME',
    examples: ['dmremap target show h1/r0'],
    run: async ({ api, show }, [key]) => {
      show(await targetOf(api, key), describeTarget);
    },
  });
  addCreate(target);
  addChanges(target);
}
