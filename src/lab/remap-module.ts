import { join } from 'node:path';
import { quoted } from './guest-commands.js';
import type { LabHost } from './lab-host.js';
import { repositoryRoot } from './paths.js';

/** Loads the kernel target that ops/setup built, unless it is loaded. */
export async function loadRemapModule(host: LabHost): Promise<void> {
  const module = join(repositoryRoot(), 'kernel/dm-remap.ko');
  await host.run(
    `grep -qw dm_remap /proc/modules || { modprobe -a dm-mod libcrc32c && insmod ${quoted(module)}; }`,
  );
}
