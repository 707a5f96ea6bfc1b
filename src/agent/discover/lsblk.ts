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

/** By kernel name: what sysfs does not tell, file systems, mount points and partition GUIDs. */
export async function runLsblk(run: RunProgram): Promise<Map<string, LsblkDevice>> {
  const columns = 'KNAME,TYPE,FSTYPE,MOUNTPOINTS,PARTUUID';
  return parseLsblk(await run('lsblk', ['-J', '-b', '-l', '-o', columns], { timeoutMs: 60_000 }));
}
