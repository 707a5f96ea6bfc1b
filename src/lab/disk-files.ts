import { existsSync } from 'node:fs';
import { mkdir, open, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DiskFiles, diskFiles } from './block-graph.js';
import { LabError } from './errors.js';
import { replaceFile } from './files.js';
import { runProgram } from './programs.js';
import type { DiskSpec } from './topology.js';

const bytesPerMiB = 1024 * 1024;

/** Of the file system on a host's system disk. */
export const systemBlockBytes = 4096;

async function createDisk(disk: DiskSpec, files: DiskFiles): Promise<void> {
  await replaceFile(files.image, async (unfinished) => {
    await writeFile(unfinished, '');
    await truncate(unfinished, disk.sizeMiB * bytesPerMiB);
    if (disk.role === 'system') {
      const blocks = ['-b', `${systemBlockBytes}`];
      await runProgram('mkfs.ext4', ['-q', '-F', '-L', 'dm-remap-state', ...blocks, unfinished]);
    }
  });
}

async function checkSize(disk: DiskSpec, files: DiskFiles): Promise<void> {
  const { size } = await stat(files.image);
  if (size === disk.sizeMiB * bytesPerMiB) return;
  throw new LabError(
    `${files.image} holds ${size / bytesPerMiB} MiB, but ${disk.name} is to have ${disk.sizeMiB}. ` +
      'Remove the old disks with: ops/lab down --wipe',
  );
}

export async function copySparse(from: string, to: string): Promise<void> {
  await runProgram('cp', ['--sparse=always', '--reflink=auto', from, to]);
}

/** Bytes that a disk has at an offset from its start. */
export interface DiskContent {
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
}

/** Makes the disk anew, blank but for this content. Its host must be off. */
export async function fillDisk(
  directory: string,
  disk: DiskSpec,
  content: Iterable<DiskContent>,
): Promise<void> {
  const files = diskFiles(directory, disk);
  await mkdir(dirname(files.image), { recursive: true, mode: 0o700 });
  await createDisk(disk, files);
  const image = await open(files.image, 'r+');
  try {
    for (const { offsetBytes, bytes } of content)
      await image.write(bytes, 0, bytes.length, offsetBytes);
  } finally {
    await image.close();
  }
}

/** Makes missing disks, keeps a copy of each as it is now, and starts an empty write log. */
export async function prepareDisks(directory: string, disks: readonly DiskSpec[]): Promise<void> {
  for (const disk of disks) {
    const files = diskFiles(directory, disk);
    await mkdir(dirname(files.image), { recursive: true, mode: 0o700 });
    if (existsSync(files.image)) await checkSize(disk, files);
    else await createDisk(disk, files);
    await rm(files.base, { force: true });
    await copySparse(files.image, files.base);
    await writeFile(files.log, '');
  }
}

/** After a clean end all writes stay, and what a power cut would have needed can go. */
export async function forgetWriteLogs(
  directory: string,
  disks: readonly DiskSpec[],
): Promise<void> {
  for (const disk of disks) {
    const { base, log } = diskFiles(directory, disk);
    await rm(base, { force: true });
    await rm(log, { force: true });
  }
}
