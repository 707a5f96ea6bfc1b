import { z } from 'zod';
import type { RunProgram } from '../base/run-program.js';

const LsblkDevice = z.object({
  kname: z.string(),
  type: z.string(),
  fstype: z.string().nullish(),
  mountpoints: z.array(z.string().nullable()).nullish(),
  partuuid: z.string().nullish(),
});
export type LsblkDevice = z.infer<typeof LsblkDevice>;

const LsblkOutput = z.object({ blockdevices: z.array(LsblkDevice) });

export function parseLsblk(output: string): Map<string, LsblkDevice> {
  const { blockdevices } = LsblkOutput.parse(JSON.parse(output));
  return new Map(blockdevices.map((device) => [device.kname, device]));
}

/**
 * By kernel name: what sysfs does not tell, file systems, mount points and partition GUIDs. Only the given
 * devices are opened: to open a mapped device or an array makes its owner's `remove` or `stop` fail.
 */
export async function runLsblk(
  run: RunProgram,
  kernelNames: readonly string[],
): Promise<Map<string, LsblkDevice>> {
  if (kernelNames.length === 0) return new Map();
  const columns = 'KNAME,TYPE,FSTYPE,MOUNTPOINTS,PARTUUID';
  const nodes = kernelNames.map((name) => `/dev/${name}`);
  const output = await run('lsblk', ['-J', '-b', '-l', '--nodeps', '-o', columns, ...nodes], {
    timeoutMs: 60_000,
  });
  return parseLsblk(output);
}
