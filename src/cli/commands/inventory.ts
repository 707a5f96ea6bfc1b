import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import { Disk, RaidArray } from '../../../libs/contract/index.js';
import { group, leaf } from '../command.js';
import { paint, state } from '../render/paint.js';
import type { Column } from '../render/table.js';
import { size } from '../render/units.js';

type Disk_ = z.infer<typeof Disk>;
type Array_ = z.infer<typeof RaidArray>;

function place({ enclosure, slot, controller }: Disk_['domains']): string {
  if (enclosure === undefined) return controller ?? '-';
  return slot === undefined ? enclosure : `${enclosure}/${slot}`;
}

const healthOf = ({ health, measured }: Disk_): string =>
  health === 'ok' && measured.predictedFailing === true
    ? paint('yellow', 'will fail')
    : state(health);

const percent = (value: number | null): string => (value === null ? '-' : `${value} %`);

/** How long it was powered, in years of 365 days. */
function age({ powerOnHours }: Disk_['measured']): string {
  return powerOnHours === null ? '-' : `${(powerOnHours / 8760).toFixed(1)} y`;
}

const diskColumns: readonly Column<Disk_>[] = [
  { head: 'HOST', text: ({ hostName }) => hostName },
  { head: 'DISK', text: ({ id }) => id },
  { head: 'NAME', text: ({ kernelName }) => kernelName },
  { head: 'MEDIA', text: ({ media }) => media },
  { head: 'SIZE', text: ({ sizeSectors }) => size(sizeSectors), right: true },
  { head: 'PLACE', text: ({ domains }) => place(domains) },
  { head: 'HEALTH', text: healthOf },
  { head: 'USED BY', text: ({ usedBy }) => usedBy.join(', ') || 'free' },
  {
    head: 'WEAR',
    text: ({ measured }) => percent(measured.percentageUsed),
    right: true,
    wide: true,
  },
  { head: 'AGE', text: ({ measured }) => age(measured), right: true, wide: true },
  {
    head: 'BUSY',
    text: ({ measured }) => percent(measured.busyPercent),
    right: true,
    wide: true,
  },
  { head: 'MODEL', text: ({ model }) => model, wide: true },
  { head: 'SERIAL', text: ({ serial }) => serial, wide: true },
  { head: 'FIRMWARE', text: ({ firmware }) => firmware, wide: true },
  { head: 'CONTROLLER', text: ({ domains }) => domains.controller ?? '-', wide: true },
  { head: 'RACK', text: ({ domains }) => domains.rack ?? '-', wide: true },
];

function arrayState({ degraded, state: shown }: Array_): string {
  return degraded > 0 ? paint('red', `degraded by ${degraded}`) : state(shown);
}

const arrayColumns: readonly Column<Array_>[] = [
  { head: 'HOST', text: ({ hostName }) => hostName },
  { head: 'ARRAY', text: ({ kernelName }) => kernelName },
  { head: 'LEVEL', text: ({ level }) => level },
  { head: 'STATE', text: arrayState },
  { head: 'ACTION', text: ({ syncAction }) => syncAction },
  {
    head: 'MEMBERS',
    text: ({ members, raidDisks }) =>
      `${members.map(({ kernelName }) => kernelName).join(' ')} (${members.length}/${raidDisks})`,
  },
  { head: 'UUID', text: ({ uuid }) => uuid, wide: true },
];

export const hostOption = new Option('--host <host>', 'only of this host, by name or id');

export function addInventoryCommands(program: Command): void {
  leaf<[], { host?: string }>(group(program, 'disk', 'disks and partitions of the hosts'), {
    usage: 'list',
    description: 'all disks, where they sit and what uses them; -o wide adds wear, age and load',
    options: [hostOption],
    examples: ['dmremap disk list --host h1', 'dmremap disk list -o wide'],
    run: async ({ api, showList }, _, { host }) => {
      const empty = 'No disk is known. Is an agent running? See: dmremap host list';
      showList(await api.list(Disk, '/v1/disks', { host }), diskColumns, empty);
    },
  });
  leaf<[], { host?: string }>(group(program, 'array', 'md arrays of the hosts'), {
    usage: 'list',
    description: 'all arrays with state and members',
    options: [hostOption],
    examples: ['dmremap array list', 'dmremap array list --host h1 -o json'],
    run: async ({ api, showList }, _, { host }) => {
      const empty = 'No host has an md array. Make one over targets with: mdadm --create';
      showList(await api.list(RaidArray, '/v1/arrays', { host }), arrayColumns, empty);
    },
  });
}
