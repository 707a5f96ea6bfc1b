import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode, LabError } from './errors.js';
import { writeWhole } from './files.js';
import { guestTopology } from './guest-topology.js';
import type { GuestKernel } from './kernel.js';
import { repositoryRoot } from './paths.js';
import type { HostSpec } from './topology.js';

const longestSocketPath = 107; // sun_path in unix(7), without its final zero

export interface HostPaths {
  readonly directory: string;
  readonly qmp: string;
  readonly pid: string;
  readonly serial: string;
  readonly initrd: string;
  readonly runtime: string;
  readonly breakage: string;
  readonly lock: string;
}

export function hostPaths(labDirectory: string, host: string): HostPaths {
  const directory = join(labDirectory, host);
  const path = (name: string) => join(directory, name);
  if (path('qmp.sock').length > longestSocketPath) {
    throw new LabError(
      `The lab directory ${labDirectory} is too long for a socket. Set DMREMAP_DATA_DIR to a shorter path.`,
    );
  }
  return {
    directory,
    qmp: path('qmp.sock'),
    pid: path('qemu.pid'),
    serial: path('serial.log'),
    initrd: path('initrd'),
    runtime: path('runtime.json'),
    breakage: path('breakage.json'),
    lock: path('lock'),
  };
}

const runtimeSchema = z.object({ execPort: z.number(), token: z.string(), bootedAt: z.string() });

/** How to reach a guest that has started. */
export type Runtime = z.infer<typeof runtimeSchema>;

/** Nothing while the guest is still starting. */
export async function readRuntime(paths: HostPaths): Promise<Runtime | undefined> {
  try {
    return runtimeSchema.parse(JSON.parse(await readFile(paths.runtime, 'utf8')));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

export async function writeRuntime(paths: HostPaths, runtime: Runtime): Promise<void> {
  await writeWhole(paths.runtime, JSON.stringify(runtime));
}

export function newToken(): string {
  return randomBytes(24).toString('hex');
}

/** The files under /run/lab/host in the guest, which guest-init.sh puts where they belong. */
export function guestFiles({
  paths,
  host,
  token,
  kernel,
}: {
  readonly paths: HostPaths;
  readonly host: HostSpec;
  readonly token: string;
  readonly kernel: GuestKernel;
}): Record<string, string> {
  const machineId = createHash('sha256').update(paths.directory).digest('hex').slice(0, 32);
  return {
    name: `${host.name}\n`,
    checkout: `${repositoryRoot()}\n`,
    modules: `${kernel.modulesDirectory}\n`,
    'machine-id': `${machineId}\n`,
    'topology.json': `${JSON.stringify(guestTopology(host), null, 2)}\n`,
    'exec-token': `${token}\n`,
  };
}
