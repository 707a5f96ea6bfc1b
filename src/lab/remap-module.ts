import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { quoted } from './guest-commands.js';
import { type GuestKernel, guestKernel } from './kernel.js';
import type { LabHost } from './lab-host.js';
import { buildCacheDirectory, repositoryRoot } from './paths.js';
import { runProgram } from './programs.js';

const sourceFile = /^(Kbuild|Makefile|.*\.(c|h|sh))$/;
const generatedFile = /^(.*\.mod\.c|dm-remap-config\.h)$/;

/** Beside the checkout's own build, which is for another kernel. make finds out what is out of date. */
async function buildFor(kernel: GuestKernel): Promise<string> {
  const sources = join(repositoryRoot(), 'kernel');
  const directory = join(buildCacheDirectory(), 'modules', kernel.version);
  await mkdir(directory, { recursive: true });
  const files = (await readdir(sources))
    .filter((name) => sourceFile.test(name) && !generatedFile.test(name))
    .map((name) => join(sources, name));
  await runProgram('cp', ['-pu', ...files, directory]);
  await runProgram('make', [
    ...['-s', '-C', directory, `KDIR=${kernel.headersDirectory}`],
    // Types for BPF need pahole; the layout of what is shared with the kernel does not depend on them.
    'CONFIG_DEBUG_INFO_BTF_MODULES=',
  ]);
  return join(directory, 'dm-remap.ko');
}

/** Loads the kernel target, unless it is loaded. For the default kernel that is what ops/setup built. */
export async function loadRemapModule(host: LabHost): Promise<void> {
  const kernel = await guestKernel();
  const module = quoted(
    kernel.isDefault ? join(repositoryRoot(), 'kernel/dm-remap.ko') : await buildFor(kernel),
  );
  await host.run(
    `grep -qw dm_remap /proc/modules || { modprobe -a $(modinfo -F depends ${module} | tr , ' ') && insmod ${module}; }`,
  );
}
