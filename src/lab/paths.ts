import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LabError } from './errors.js';

function isRepository(directory: string): boolean {
  const manifest = join(directory, 'package.json');
  return existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"name": "dm-remap"');
}

/** The checkout: `DMREMAP_ROOT` (set by ops/lab), or the nearest one above the working directory. */
export function repositoryRoot(): string {
  const given = process.env['DMREMAP_ROOT'];
  if (given) return given;
  let directory = process.cwd();
  while (!isRepository(directory)) {
    const parent = dirname(directory);
    if (parent === directory) {
      throw new LabError(
        `${process.cwd()} is not inside a dm-remap checkout. Change into one, or set DMREMAP_ROOT.`,
      );
    }
    directory = parent;
  }
  return directory;
}

export function dataDirectory(): string {
  return resolve(process.env['DMREMAP_DATA_DIR'] ?? join(repositoryRoot(), '.data'));
}

export function defaultLabDirectory(): string {
  return join(dataDirectory(), 'lab');
}

/** Each scenario has guests of its own, so that it never touches those of `ops/lab up`. */
export function scenarioLabDirectory(scenario: string): string {
  return join(dataDirectory(), 'lab-scenarios', scenario);
}

/** What is built once and shared by every guest: the initramfs and the exec service. */
export function buildCacheDirectory(): string {
  return join(dataDirectory(), 'lab-cache');
}

export function guestSources(): string {
  return join(repositoryRoot(), 'src/lab/guest');
}

export function umlSources(): string {
  return join(repositoryRoot(), 'src/lab/uml');
}
