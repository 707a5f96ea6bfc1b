import { existsSync } from 'node:fs';
import { mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DiskFiles, diskFiles } from './block-graph.js';
import { runProgram } from './programs.js';
import type { DiskSpec } from './topology.js';

async function createDisk(disk: DiskSpec, files: DiskFiles): Promise<void> {
  const unfinished = `${files.image}.new`;
  await writeFile(unfinished, '');
  await truncate(unfinished, disk.sizeMiB * 1024 * 1024);
  if (disk.role === 'system') {
    await runProgram('mkfs.ext4', ['-q', '-F', '-L', 'dm-remap-state', unfinished]);
  }
  await rename(unfinished, files.image);
}

export async function copySparse(from: string, to: string): Promise<void> {
  await runProgram('cp', ['--sparse=always', '--reflink=auto', from, to]);
}

/** Makes missing disks, keeps a copy of each as it is now, and starts an empty write log. */
export async function prepareDisks(directory: string, disks: readonly DiskSpec[]): Promise<void> {
  for (const disk of disks) {
    const files = diskFiles(directory, disk);
    await mkdir(dirname(files.image), { recursive: true, mode: 0o700 });
    if (!existsSync(files.image)) await createDisk(disk, files);
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
