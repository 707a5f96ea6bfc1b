import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from './errors.js';
import { buildCacheDirectory } from './paths.js';
import { runProgram } from './programs.js';

/** Debian's packages of one kernel, unpacked: below it `boot`, `lib` and `usr` as they would be installed. */
export interface UnpackedKernel {
  readonly root: string;
  readonly version: string;
}

const source =
  'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm-backports main\n';
const collator = new Intl.Collator('en', { numeric: true });

/** apt with a source and lists of its own; the machine's are not touched. */
async function privateApt(directory: string): Promise<string[]> {
  await mkdir(join(directory, 'lists/partial'), { recursive: true });
  await mkdir(join(directory, 'cache/archives/partial'), { recursive: true });
  await writeFile(join(directory, 'sources.list'), source);
  const settings = {
    'Dir::Etc::sourcelist': join(directory, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(directory, 'lists'),
    'Dir::Cache': join(directory, 'cache'),
    'APT::Sandbox::User': 'root',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await runProgram('apt-get', ['-qq', ...options, 'update']);
  return options;
}

async function packagesOf(series: string, apt: readonly string[]): Promise<string[]> {
  const prefix = `linux-image-${series}.`;
  const names = (await runProgram('apt-cache', [...apt, 'pkgnames', prefix])).split('\n');
  const versions = names
    .map((name) => /^linux-image-([\d.+a-z-]+-amd64)$/.exec(name)?.[1])
    .filter((version) => version !== undefined && !/-(rt|cloud)-amd64$/.test(version))
    .sort((a, b) => collator.compare(a ?? '', b ?? ''));
  const version = versions.at(-1);
  if (version === undefined) {
    throw new LabError(
      `bookworm-backports has no Linux ${series}. See: apt-cache policy linux-image-amd64`,
    );
  }
  const headers = `linux-headers-${version}`;
  const depends = await runProgram('apt-cache', [...apt, 'depends', headers]);
  const parts = [...depends.matchAll(/Depends: (linux-(?:headers|kbuild)-\S+)/g)].map(
    ([, name = '']) => name,
  );
  return [`linux-image-${version}`, headers, ...parts];
}

async function unpack(series: string, work: string, final: string): Promise<void> {
  const apt = await privateApt(join(work, 'apt'));
  const packages = await packagesOf(series, apt);
  const debs = join(work, 'debs');
  await mkdir(debs);
  const download = ['apt-get', '-qq', ...apt, 'download', ...packages];
  await runProgram('env', ['-C', debs, ...download]);
  const root = join(work, 'root');
  for (const deb of await readdir(debs)) {
    await runProgram('dpkg-deb', ['-x', join(debs, deb), root]);
  }
  const version = (packages[0] ?? '').slice('linux-image-'.length);
  await runProgram('depmod', ['-b', root, version]);
  const makefile = join(root, 'usr/src', `linux-headers-${version}`, 'Makefile');
  const text = await readFile(makefile, 'utf8');
  await writeFile(makefile, text.replaceAll('/usr/src/', `${join(final, 'usr/src')}/`));
  await writeFile(join(root, 'version'), version);
  await rename(root, final);
}

async function unpacked(root: string): Promise<UnpackedKernel | undefined> {
  const version = await readFile(join(root, 'version'), 'utf8').catch(() => undefined);
  return version === undefined ? undefined : { root, version };
}

/** A kernel that is not installed: downloaded once, unpacked into the data directory. Remove it to fetch anew. */
export async function fetchedKernel(series: string): Promise<UnpackedKernel> {
  const root = join(buildCacheDirectory(), 'kernels', series);
  const known = await unpacked(root);
  if (known) return known;
  const work = `${root}.${process.pid}`;
  await mkdir(work, { recursive: true });
  process.stderr.write(`lab: fetching Linux ${series} from bookworm-backports into ${root}\n`);
  try {
    await unpack(series, work, root);
  } finally {
    await rm(work, { recursive: true });
  }
  const fetched = await unpacked(root);
  if (!fetched) throw new LabError(`${root} is incomplete. Remove it and try again.`);
  return fetched;
}
