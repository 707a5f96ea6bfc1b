import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LabError, UsageError } from './errors.js';
import { fetchedKernel } from './fetched-kernel.js';

export interface GuestKernel {
  readonly version: string;
  readonly image: string;
  readonly modulesDirectory: string;
  /** For building modules. */
  readonly headersDirectory: string;
  /** The kernel that ops/setup builds the target for. */
  readonly isDefault: boolean;
}

const defaultSeries = '6.1';
const collator = new Intl.Collator('en', { numeric: true });

/** Says which kernel guests boot: a series such as `6.12`. */
export const kernelVariable = 'DMREMAP_LAB_KERNEL';

export function chooseKernel(series: string): void {
  if (!/^\d+\.\d+$/.test(series)) {
    throw new UsageError(`--kernel takes a series such as 6.12, not ${series}.`);
  }
  process.env[kernelVariable] = series;
}

function kernelBelow(root: string, version: string, isDefault: boolean): GuestKernel {
  return {
    version,
    image: join(root, 'boot', `vmlinuz-${version}`),
    modulesDirectory: join(root, 'lib/modules', version),
    headersDirectory: join(root, 'usr/src', `linux-headers-${version}`),
    isDefault,
  };
}

/** The newest kernel of the chosen series: an installed one, or else one that is fetched. */
export async function guestKernel(): Promise<GuestKernel> {
  const series = process.env[kernelVariable] || defaultSeries;
  const isDefault = series === defaultSeries;
  const newest = (await readdir('/boot'))
    .filter((name) => name.startsWith(`vmlinuz-${series}.`))
    .sort(collator.compare)
    .at(-1);
  if (newest) return kernelBelow('/', newest.slice('vmlinuz-'.length), isDefault);
  if (isDefault) {
    throw new LabError(
      `No Linux ${series} kernel in /boot. Install one with: apt-get install linux-image-amd64`,
    );
  }
  const { root, version } = await fetchedKernel(series);
  return kernelBelow(root, version, isDefault);
}

const moduleName = (path: string) =>
  basename(path)
    .replace(/\.ko(\.xz)?$/, '')
    .replaceAll('-', '_');

/** Paths of the wanted modules below the modules directory, each after all that it depends on. */
export async function modulesInLoadOrder(
  kernel: GuestKernel,
  wanted: readonly string[],
): Promise<string[]> {
  const dependencies = new Map<string, string[]>();
  const paths = new Map<string, string>();
  const table = await readFile(join(kernel.modulesDirectory, 'modules.dep'), 'utf8');
  for (const line of table.split('\n')) {
    const [path, rest] = line.split(':');
    if (!path || rest === undefined) continue;
    paths.set(moduleName(path), path);
    dependencies.set(path, rest.split(' ').filter(Boolean).reverse());
  }
  const builtIn = new Set(
    (await readFile(join(kernel.modulesDirectory, 'modules.builtin'), 'utf8'))
      .split('\n')
      .map(moduleName),
  );
  const order = new Set<string>();
  for (const name of wanted.map((each) => each.replaceAll('-', '_'))) {
    const path = paths.get(name);
    if (!path) {
      if (builtIn.has(name)) continue;
      throw new LabError(`Kernel ${kernel.version} has no module ${name}.`);
    }
    for (const each of dependencies.get(path) ?? []) order.add(each);
    order.add(path);
  }
  return [...order];
}
