import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { type DiskFiles, diskFiles } from './block-graph.js';
import {
  type PowerCutOdds,
  type PowerCutTally,
  type SurvivingWrite,
  survivors,
} from './crash-model.js';
import { copySparse, systemBlockBytes } from './disk-files.js';
import { seededRandom, seedFor } from './random.js';
import { type DiskSpec, sectorsOn } from './topology.js';
import { type LogSource, sectorBytes, writeLogEntries } from './write-log.js';

export interface PowerCutChoice extends PowerCutOdds {
  readonly seed: number;
}

export type DiskAfterCut = PowerCutTally & { readonly disk: string };

export interface PowerCutReport {
  readonly seed: number;
  readonly disks: readonly DiskAfterCut[];
}

function read(fd: number, offset: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(fd, buffer, 0, length, offset));
}

/** Headers are read in turn; a window over the file saves a system call for each. */
function logSource(fd: number): LogSource {
  const windowBytes = 1 << 20;
  let start = 0;
  let window: Buffer = Buffer.alloc(0);
  return {
    size: fstatSync(fd).size,
    read(offset, length) {
      if (offset < start || offset + length > start + window.length) {
        start = offset;
        window = read(fd, offset, Math.max(length, windowBytes));
      }
      return window.subarray(offset - start, offset - start + length);
    },
  };
}

function apply(image: number, log: number, write: SurvivingWrite): void {
  const length = write.sectors * sectorBytes;
  const data =
    write.dataOffset === undefined ? Buffer.alloc(length) : read(log, write.dataOffset, length);
  writeSync(image, data, 0, length, write.sector * sectorBytes);
}

/**
 * Sectors a disk writes all or none of. The data disks may tear between any two logical blocks, the
 * hardest a disk may do. ext4 does not survive that: it reads its superblock before the journal that
 * would mend it, and holds it for written whole. So the system disk tears between the blocks of its
 * file system, as a disk with 4 KiB physical sectors does.
 */
function wholeSectors(disk: DiskSpec): number {
  const bytes = disk.role === 'system' ? systemBlockBytes : (disk.logicalBlockBytes ?? sectorBytes);
  return bytes / sectorBytes;
}

function replay(
  disk: DiskSpec,
  files: { readonly image: string; readonly log: string },
  choice: PowerCutChoice,
): DiskAfterCut {
  const log = openSync(files.log, 'r');
  const image = openSync(files.image, 'r+');
  const tally: PowerCutTally = { durable: 0, survived: 0, torn: 0, lost: 0 };
  try {
    const entries = [...writeLogEntries(logSource(log), sectorsOn(disk))];
    const random = seededRandom(seedFor(choice.seed, disk.name));
    for (const write of survivors(entries, choice, random, wholeSectors(disk), tally)) {
      apply(image, log, write);
    }
  } finally {
    closeSync(image);
    closeSync(log);
  }
  return { disk: disk.name, ...tally };
}

async function rebuild(
  disk: DiskSpec,
  files: DiskFiles,
  choice: PowerCutChoice,
): Promise<DiskAfterCut> {
  const rebuilt = `${files.image}.rebuilt`;
  await copySparse(files.base, rebuilt);
  const result = replay(disk, { image: rebuilt, log: files.log }, choice);
  await rename(rebuilt, files.image);
  await rm(files.base);
  await rm(files.log);
  return result;
}

/** Makes every disk of a host that has just been killed what a power cut leaves of it. */
export async function rebuildDisks(
  directory: string,
  disks: readonly DiskSpec[],
  choice: PowerCutChoice,
): Promise<DiskAfterCut[]> {
  const results: DiskAfterCut[] = [];
  for (const disk of disks) results.push(await rebuild(disk, diskFiles(directory, disk), choice));
  return results;
}
