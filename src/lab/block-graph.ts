import { join } from 'node:path';
import type { Breakage } from './breakage.js';
import type { DiskSpec } from './topology.js';

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

function injections(ranges: Breakage['reads'], kinds: readonly string[]): BlockNode[] {
  const rules: BlockNode[] = [];
  for (const { start, count } of ranges) {
    for (let sector = start; sector < start + count; sector++) {
      for (const iotype of kinds) {
        rules.push({ event: 'none', iotype, sector, errno: mediumError, once: false });
      }
    }
  }
  return rules;
}

export function errorNode(disk: DiskSpec, number: number, breakage: Breakage): BlockNode {
  const rules = [
    ...injections(breakage.reads, ['read']),
    ...injections(breakage.writes, ['write', 'write-zeroes']),
  ];
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

export function diskGraph(disk: DiskSpec, files: DiskFiles, breakage: Breakage): BlockNode[] {
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
    errorNode(disk, 0, breakage),
    topNode(disk, errorNodeName(disk, 0)),
  ];
}
