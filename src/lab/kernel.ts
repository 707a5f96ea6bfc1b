import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LabError } from './errors.js';

export interface GuestKernel {
  readonly version: string;
  readonly image: string;
  readonly modulesDirectory: string;
}

const series = '6.1';
const collator = new Intl.Collator('en', { numeric: true });

/** The newest installed kernel of the series that the lab is made for. */
export async function newestKernel(): Promise<GuestKernel> {
  const images = (await readdir('/boot'))
    .filter((name) => name.startsWith(`vmlinuz-${series}.`))
    .sort(collator.compare);
  const newest = images.at(-1);
  if (!newest) {
    throw new LabError(
      `No Linux ${series} kernel in /boot. Install one with: apt-get install linux-image-amd64`,
    );
  }
  const version = newest.slice('vmlinuz-'.length);
  return {
    version,
    image: join('/boot', newest),
    modulesDirectory: join('/lib/modules', version),
  };
}

const moduleName = (path: string) => basename(path).replace(/\.ko$/, '').replaceAll('-', '_');

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
