import { Option } from 'commander';
import type { Command } from 'commander';
import type { DumpedLease, MetadataCheck, MetadataFinding } from '../../../libs/contract/index.js';
import { SECTOR_BYTES } from '../../../libs/contract/index.js';
import { LEASE_ALIGNMENT_SECTORS } from '../../../libs/dm-table/index.js';
import type { LeaseReader } from '../../../libs/dm-table/index.js';
import {
  checkLease,
  checkTargets,
  dumpLease,
  ENTRY_CHOICES,
} from '../../../libs/lease-check/index.js';
import type { EntryChoice, LeaseUnderCheck } from '../../../libs/lease-check/index.js';
import { group, localLeaf } from '../command.js';
import { EXIT, usageError } from '../errors.js';
import { searchLeases } from '../lease-search.js';
import type { Search } from '../lease-search.js';
import { ReadOnlyDevice } from '../read-only-device.js';
import { parseSize } from '../render/units.js';
import { describeCheck, describeDump } from './metadata-view.js';

interface PlaceOptions {
  readonly offset?: string;
  readonly giveUpAfter?: string;
}

interface CheckOptions extends PlaceOptions {
  readonly length?: string;
  readonly complete?: boolean;
}

interface DumpOptions extends PlaceOptions {
  readonly entries: EntryChoice;
  readonly first: string;
  readonly limit?: string;
}

const ENTRIES_FOR_PEOPLE = 100;

const placeOptions = [
  new Option('--offset <sectors>', 'where the lease begins; else leases are searched for'),
  new Option('--give-up-after <size>', 'search no further when so much went by without a lease'),
];

function wholeNumber(text: string, option: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw usageError(`${option} cannot be "${text}"; give a whole number`);
}

function sectors(text: string, option: string): number {
  const value = wholeNumber(text, option);
  if (value % LEASE_ALIGNMENT_SECTORS === 0) return value;
  throw usageError(`${option} is in sectors of 512 bytes, a multiple of 8, which ${text} is not`);
}

function giveUpAfterBytes(text: string | undefined): number {
  if (text === undefined) return Infinity;
  const value = parseSize(text);
  if (value === undefined) throw usageError(`--give-up-after cannot be "${text}"; give 256MiB`);
  return value * SECTOR_BYTES;
}

/** Every device is opened before one is read, so that a slip of the finger costs no time. */
async function withDevices<T>(
  paths: readonly string[],
  use: (devices: readonly ReadOnlyDevice[]) => Promise<T>,
): Promise<T> {
  const devices: ReadOnlyDevice[] = [];
  try {
    for (const path of new Set(paths)) devices.push(await ReadOnlyDevice.open(path));
    return await use(devices);
  } finally {
    for (const device of devices) await device.close();
  }
}

async function placesOn(
  device: ReadOnlyDevice,
  { offset, giveUpAfter }: PlaceOptions,
): Promise<Search> {
  if (offset === undefined) return searchLeases(device, giveUpAfterBytes(giveUpAfter));
  const start = sectors(offset, '--offset');
  if (start >= device.sizeSectors) {
    throw usageError(
      `${device.path} ends at sector ${device.sizeSectors}, before --offset ${start}`,
    );
  }
  return { offsetsSectors: [start], findings: [] };
}

const readerAt =
  (device: ReadOnlyDevice, offsetSectors: number): LeaseReader =>
  (offset, length) =>
    device.read(offsetSectors * SECTOR_BYTES + offset, length);

function inUse({ path, holders }: ReadOnlyDevice): MetadataFinding[] {
  if (holders.length === 0) return [];
  return [
    {
      severity: 'note',
      code: 'device-in-use',
      device: path,
      offsetBytes: null,
      leaseId: null,
      targetId: null,
      message: `The device is in use by ${holders.join(', ')}. What is being written now may look torn; check again what seems damaged.`,
    },
  ];
}

async function check(
  devices: readonly ReadOnlyDevice[],
  options: CheckOptions,
): Promise<MetadataCheck> {
  const leases: LeaseUnderCheck[] = [];
  const findings: MetadataFinding[] = [];
  const lengthSectors =
    options.length === undefined ? undefined : sectors(options.length, '--length');
  for (const device of devices) {
    const search = await placesOn(device, options);
    findings.push(...inUse(device), ...search.findings);
    for (const offsetSectors of search.offsetsSectors) {
      const checked = await checkLease(
        readerAt(device, offsetSectors),
        { device: device.path, offsetSectors },
        { sectorsToEnd: device.sizeSectors - offsetSectors, lengthSectors },
      );
      findings.push(...checked.findings);
      if (checked.lease !== undefined) leases.push(checked.lease);
    }
  }
  findings.push(...checkTargets(leases, { complete: options.complete === true }));
  return { leases: leases.map(({ summary }) => summary), findings };
}

async function dump(
  device: ReadOnlyDevice,
  options: DumpOptions,
  everything: boolean,
): Promise<DumpedLease[]> {
  const { entries } = options;
  const first = wholeNumber(options.first, '--first');
  const limit =
    options.limit === undefined
      ? everything
        ? Infinity
        : ENTRIES_FOR_PEOPLE
      : wholeNumber(options.limit, '--limit');
  const dumped: DumpedLease[] = [];
  const { offsetsSectors } = await placesOn(device, options);
  for (const offsetSectors of offsetsSectors) {
    dumped.push(
      await dumpLease(
        readerAt(device, offsetSectors),
        { device: device.path, offsetSectors },
        device.sizeSectors - offsetSectors,
        { entries, first, limit },
      ),
    );
  }
  return dumped;
}

export function addMetadataCommands(program: Command): void {
  const metadata = group(program, 'metadata', 'what is on spare devices, without a manager');
  localLeaf<[string[]], CheckOptions>(metadata, {
    usage: 'check <device...>',
    description: 'check the leases on devices or images, alone and together; writes nothing',
    options: [
      ...placeOptions,
      new Option('--length <sectors>', 'what the table says of the lease at --offset'),
      new Option('--complete', 'all devices of the targets are given: a missing lease is an error'),
    ],
    examples: [
      'dmremap metadata check /dev/sdb /dev/sdc',
      'dmremap metadata check --complete /dev/disk/by-id/wwn-*',
      'dmremap metadata check spare.img --offset 2048 -o json',
    ],
    run: async ({ show }, [paths], options) => {
      if (options.offset !== undefined && paths.length > 1) {
        throw usageError('--offset is of one device; give one');
      }
      if (options.length !== undefined && options.offset === undefined) {
        throw usageError('--length needs --offset');
      }
      const result = await withDevices(paths, (devices) => check(devices, options));
      show(result, describeCheck);
      const bad = result.findings.some(({ severity }) => severity === 'error');
      if (bad) process.exitCode = EXIT.failed;
    },
  });
  localLeaf<[string], DumpOptions>(metadata, {
    usage: 'dump <device>',
    description: 'show superblocks, members, label and entries of the leases on a device or image',
    options: [
      ...placeOptions,
      new Option('--entries <which>', 'which entries').choices(ENTRY_CHOICES).default('live'),
      new Option('--first <block>', 'begin with this lease block').default('0'),
      new Option('--limit <count>', `entries of a lease; else ${ENTRIES_FOR_PEOPLE}, as json all`),
    ],
    examples: [
      'dmremap metadata dump /dev/sdb',
      'dmremap metadata dump /dev/sdb --offset 2048 --entries retired',
      'dmremap metadata dump spare.img --entries all -o json',
    ],
    run: async ({ show, output }, [path], options) => {
      const leases = await withDevices([path], async ([device]) =>
        device === undefined ? [] : dump(device, options, output === 'json'),
      );
      if (leases.length === 0 && output !== 'json') {
        process.stderr.write(`${path}: no lease was found. See: dmremap metadata check ${path}\n`);
      } else {
        show(leases, describeDump);
      }
    },
  });
}
