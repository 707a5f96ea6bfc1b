import { join } from 'node:path';
import { type Breakage, intact } from './breakage.js';
import { UsageError } from './errors.js';
import { sectorCount, type SectorRange } from './sector-ranges.js';
import { type DiskSpec, sectorsOn } from './topology.js';

/**
 * Each disk is a chain of QEMU block nodes, from the device down:
 *
 *   NAME (raw) > NAME-errorsN (blkdebug) > NAME-writes (blklogwrites) > NAME-file, NAME-log
 *
 * Errors sit above the write log, so a write that failed is never logged. Only the lowest nodes leave
 * out the machine's own fsync: a flush still passes all of them and is logged, but need not wait for
 * a machine that is not going to lose power.
 */
export interface DiskFiles {
  readonly image: string;
  readonly base: string;
  readonly log: string;
}

export type BlockNode = Readonly<Record<string, unknown>>;

export function diskFiles(directory: string, disk: DiskSpec): DiskFiles {
  const path = (suffix: string) => join(directory, `${disk.name}.${suffix}`);
  return { image: path('img'), base: path('base'), log: path('writes') };
}

const mediumError = 61; // ENODATA: QEMU's scsi-hd turns it into MEDIUM ERROR, its nvme into a media error
const readTypes = ['read'];
const writeTypes = ['write', 'write-zeroes'];

function* sectorsOf(ranges: readonly SectorRange[]): Generator<number> {
  for (const { start, count } of ranges) {
    for (let sector = start; sector < start + count; sector++) yield sector;
  }
}

function rule(place: { sector?: number; iotype?: string }): BlockNode {
  return { event: 'none', errno: mediumError, once: false, ...place };
}

function directionRules(
  disk: DiskSpec,
  ranges: readonly SectorRange[],
  both: ReadonlySet<number>,
  iotypes: readonly string[],
): BlockNode[] {
  if (sectorCount(ranges) === sectorsOn(disk)) return iotypes.map((iotype) => rule({ iotype }));
  return [...sectorsOf(ranges)]
    .filter((sector) => !both.has(sector))
    .flatMap((sector) => iotypes.map((iotype) => rule({ sector, iotype })));
}

/**
 * blkdebug knows single sectors only, and takes time in the square of its rules to set up. So a sector
 * that fails both ways is one rule for all that touches it, discards included, and a direction in
 * which the whole disk fails is a rule that names no sector.
 */
function errorRules(disk: DiskSpec, { reads, writes }: Breakage): BlockNode[] {
  const written = new Set(sectorsOf(writes));
  const both = new Set([...sectorsOf(reads)].filter((sector) => written.has(sector)));
  const whole = both.size === sectorsOn(disk);
  return [
    ...directionRules(disk, reads, both, readTypes),
    ...directionRules(disk, writes, both, writeTypes),
    ...(whole ? [] : [...both].map((sector) => rule({ sector }))),
  ];
}

const mostRules = 4_000;

export function errorNode(disk: DiskSpec, number: number, breakage: Breakage): BlockNode {
  const rules = errorRules(disk, breakage);
  if (rules.length > mostRules) {
    throw new UsageError(
      `${disk.name} would have too many broken sectors. At most ${mostRules} can fail, ` +
        `half as many of those that fail writes only; or the whole disk: --sectors 0+${sectorsOn(disk)}.`,
    );
  }
  return {
    driver: 'blkdebug',
    'node-name': errorNodeName(disk, number),
    image: `${disk.name}-writes`,
    discard: 'unmap',
    ...(rules.length > 0 && { 'inject-error': rules }), // QEMU takes an empty list for an unknown option
  };
}

export function errorNodeName(disk: DiskSpec, number: number): string {
  return `${disk.name}-errors${number}`;
}

/** The node the guest's device is attached to; reopening it over another error node changes what is broken. */
export function topNode(disk: DiskSpec, errors: string): BlockNode {
  return { driver: 'raw', 'node-name': disk.name, file: errors, discard: 'unmap' };
}

function fileNode(name: string, filename: string): BlockNode {
  return {
    driver: 'file',
    'node-name': name,
    filename,
    discard: 'unmap',
    cache: { 'no-flush': true },
  };
}

/** The chain of a disk on which nothing is broken. */
export function diskGraph(disk: DiskSpec, files: DiskFiles): BlockNode[] {
  return [
    fileNode(`${disk.name}-file`, files.image),
    fileNode(`${disk.name}-log`, files.log),
    {
      driver: 'blklogwrites',
      'node-name': `${disk.name}-writes`,
      file: `${disk.name}-file`,
      log: `${disk.name}-log`,
      'log-sector-size': 512,
      discard: 'unmap',
    },
    errorNode(disk, 0, intact),
    topNode(disk, errorNodeName(disk, 0)),
  ];
}
