import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildCacheDirectory, repositoryRoot } from '../paths.js';
import { makeInTree, type Say, type UmlKernel } from './kernel.js';

/** What the normal build of the module leaves beside its sources. */
const generated = /\.mod\.c$|-config\.h$/;

async function sameContent(path: string, content: Buffer): Promise<boolean> {
  const there = await readFile(path).catch(() => undefined);
  return there?.equals(content) ?? false;
}

/** What is written by hand below kernel/, by name. */
function isSource(name: string): boolean {
  return /\.(c|h|sh)$|^Kbuild$/.test(name) && !generated.test(name);
}

/** Copies what changed, and only that, so that make builds only that. */
async function copySources(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const entries = await readdir(from, { withFileTypes: true });
  const sources = new Set(entries.map(({ name }) => name).filter(isSource));
  for (const name of await readdir(to)) {
    if (isSource(name) && !sources.has(name)) await rm(join(to, name));
  }
  for (const name of sources) {
    const content = await readFile(join(from, name));
    if (!(await sameContent(join(to, name), content))) await writeFile(join(to, name), content);
  }
  for (const entry of entries) {
    if (entry.isDirectory()) await copySources(join(from, entry.name), join(to, entry.name));
  }
}

async function build(kernel: UmlKernel, directory: string, module: string): Promise<string> {
  await makeInTree(kernel.tree, `M=${directory}`, 'W=1', 'modules');
  return join(directory, module);
}

/** Builds the module of a directory for the UML kernel, away from the objects of any other build. */
export async function umlModuleFrom(
  kernel: UmlKernel,
  sources: string,
  name: string,
  module: string,
): Promise<string> {
  const directory = join(buildCacheDirectory(), name);
  await copySources(sources, directory);
  return build(kernel, directory, module);
}

async function timed(what: string, say: Say, action: () => Promise<string>): Promise<string> {
  const started = Date.now();
  const result = await action();
  const took = (Date.now() - started) / 1000;
  if (took > 3) say(`built ${what} for UML in ${took.toFixed(0)} s`);
  return result;
}

const targetSources = () => join(repositoryRoot(), 'kernel');

/** Builds the target for the UML kernel. */
export function umlModule(kernel: UmlKernel, say: Say): Promise<string> {
  return timed('the module', say, () =>
    umlModuleFrom(kernel, targetSources(), 'uml-module', 'dm-remap.ko'),
  );
}

/** Builds the KUnit suites of kernel/tests. */
export function umlTestModule(kernel: UmlKernel, say: Say): Promise<string> {
  const directory = join(buildCacheDirectory(), 'uml-module');
  return timed('the suites', say, async () => {
    await copySources(targetSources(), directory);
    return build(kernel, join(directory, 'tests'), 'dm-remap-test.ko');
  });
}
