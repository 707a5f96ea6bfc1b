import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../errors.js';
import { withLock } from '../lock.js';
import { buildCacheDirectory, umlSources } from '../paths.js';
import { runProgram } from '../programs.js';

/** A Linux kernel that is a program of this machine, with every checker on. */
export interface UmlKernel {
  readonly program: string;
  /** Sources and objects, for building modules. */
  readonly tree: string;
}

export type Say = (line: string) => void;

const sourcePackage = 'linux-source-6.1';
const archive = `/usr/src/${sourcePackage}.tar.xz`;

/** Large and of no use here; Kconfig files and headers that others include stay. */
const leftOut = [
  '*/drivers/gpu/*.[ch]',
  '*/drivers/infiniband/*.[ch]',
  '*/drivers/media/*.[ch]',
  '*/drivers/net/*.[ch]',
  '*/drivers/scsi/*.[ch]',
  '*/drivers/staging/*.[ch]',
  '*/sound/*.[ch]',
  '*/Documentation/*.rst',
  '*/arch/*.dts',
  '*/arch/*.dtsi',
  '*/tools/testing/selftests',
];

async function sourceVersion(): Promise<string> {
  if (!existsSync(archive)) {
    throw new LabError(`${archive} is missing. Install it with: apt-get install ${sourcePackage}`);
  }
  return runProgram('dpkg-query', ['-W', '-f', '${Version}', sourcePackage]);
}

async function unpack(tree: string, edits: string): Promise<void> {
  const unfinished = `${tree}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const excluded = leftOut.map((pattern) => `--exclude=${pattern}`);
  await runProgram('tar', [
    ...['-xJf', archive, '-C', unfinished, '--strip-components=1'],
    ...excluded,
  ]);
  await runProgram('env', ['-C', unfinished, 'sh', edits]);
  await rename(unfinished, tree);
}

/** Runs make in the tree, behind what else the machine does. */
export async function makeInTree(tree: string, ...argv: string[]): Promise<void> {
  await runProgram('nice', ['make', '-s', '-j2', '-C', tree, 'ARCH=um', ...argv]);
}

async function configure(tree: string, config: string): Promise<void> {
  await makeInTree(tree, `KCONFIG_ALLCONFIG=${config}`, 'allnoconfig');
  const set = new Set((await readFile(join(tree, '.config'), 'utf8')).split('\n'));
  const wanted = (await readFile(config, 'utf8')).split('\n');
  const refused = wanted.filter((line) => /^CONFIG_/.test(line) && !set.has(line));
  if (refused.length > 0) {
    throw new LabError(`The UML kernel's configuration does not take ${refused.join(', ')}.`);
  }
}

/** The kernel, built on first use: its source's version and its configuration name it in the cache. */
export async function umlKernel(say: Say): Promise<UmlKernel> {
  const [config, edits] = ['kernel.config', 'checkers.sh'].map((name) =>
    join(umlSources(), name),
  ) as [string, string];
  const version = await sourceVersion();
  const hash = createHash('sha256');
  for (const file of [config, edits]) hash.update(await readFile(file)).update('\0');
  const name = `uml-${version}-${hash.digest('hex').slice(0, 12)}`;
  const tree = join(buildCacheDirectory(), name);
  const kernel = { program: join(tree, 'linux'), tree };
  const done = join(tree, '.built');
  if (existsSync(done)) return kernel;
  await mkdir(buildCacheDirectory(), { recursive: true });
  await withLock(`${tree}.lock`, `The UML kernel ${version}`, async () => {
    if (existsSync(done)) return;
    const started = Date.now();
    const seconds = () => `${((Date.now() - started) / 1000).toFixed(0)} s`;
    say(`building the UML kernel ${version}: once, about 4 minutes on two cores`);
    if (!existsSync(tree)) await unpack(tree, edits);
    say(`  sources unpacked after ${seconds()}`);
    await configure(tree, config);
    await makeInTree(tree, 'linux', 'modules');
    await writeFile(done, '');
    say(`built the UML kernel after ${seconds()}, kept in ${tree}`);
  });
  return kernel;
}
