import { constants } from 'node:fs';
import { access, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from './files.js';
import type { GuestKernel } from './kernel.js';
import { buildCacheDirectory } from './paths.js';
import { runProgram } from './programs.js';

const trialMs = 15_000;

async function openable(): Promise<boolean> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether the kernel gets as far under KVM as to miss its root; a device that opens proves nothing. */
async function kernelRuns(kernel: GuestKernel): Promise<boolean> {
  const argv = [
    ['-machine', 'pc', '-accel', 'kvm', '-cpu', 'max', '-m', '256'],
    ['-nodefaults', '-no-user-config', '-display', 'none', '-serial', 'stdio', '-no-reboot'],
    ['-kernel', kernel.image, '-append', 'console=ttyS0 panic=-1'],
  ].flat();
  try {
    const output = await runProgram('qemu-system-x86_64', argv, trialMs);
    return output.includes('Kernel panic - not syncing: VFS');
  } catch {
    return false;
  }
}

/** Tried once for each boot of the machine and kernel; without KVM the guests are emulated. */
export async function kvmWorks(kernel: GuestKernel): Promise<boolean> {
  if (!(await openable())) return false;
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const answerFile = join(buildCacheDirectory(), `kvm-${kernel.version}-${bootId}`);
  const known = await readFile(answerFile, 'utf8').catch(() => undefined);
  if (known !== undefined) return known === 'works';
  const works = await kernelRuns(kernel);
  await mkdir(buildCacheDirectory(), { recursive: true });
  await writeWhole(answerFile, works ? 'works' : 'fails');
  return works;
}
