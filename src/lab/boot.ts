import { appendFile, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { swapErrorNode } from './break-disk.js';
import { readBreakage } from './breakage.js';
import { prepareDisks } from './disk-files.js';
import { LabError } from './errors.js';
import { writeWhole } from './files.js';
import { guestFiles, type HostPaths, newToken, writeRuntime } from './host-files.js';
import { hostArchive, sharedInitramfs } from './initramfs.js';
import { guestKernel } from './kernel.js';
import { kvmWorks } from './kvm.js';
import { runProgram } from './programs.js';
import { execPortInGuest, qemuArguments } from './qemu-arguments.js';
import { killQemu, runningPid } from './qemu-process.js';
import { Qmp } from './qmp.js';
import type { HostSpec } from './topology.js';

const readyMarker = 'LAB-READY';
const failureMarker = 'LAB-FAILED';
const readyTimeoutMs = 120_000;
const pollMs = 100;

/** Starts a host's guest and returns when it takes commands. */
export async function bootGuest(host: HostSpec, paths: HostPaths): Promise<void> {
  await mkdir(paths.directory, { recursive: true, mode: 0o700 });
  const kernel = await guestKernel();
  const token = newToken();
  const shared = await readFile(await sharedInitramfs(kernel));
  await writeWhole(
    paths.initrd,
    Buffer.concat([shared, hostArchive(guestFiles({ paths, host, token, kernel }))]),
  );
  await prepareDisks(paths.directory, host.disks);
  await appendFile(paths.serial, `--- ${host.name} boots at ${new Date().toISOString()} ---\n`);
  const serialStart = (await stat(paths.serial)).size;
  await rm(paths.qmp, { force: true });
  await rm(paths.runtime, { force: true });
  await runProgram(
    'qemu-system-x86_64',
    qemuArguments({
      host,
      directory: paths.directory,
      kernelImage: kernel.image,
      initrd: paths.initrd,
      useKvm: await kvmWorks(kernel),
      paths,
    }),
  );
  const breakage = await readBreakage(paths.breakage);
  const execPort = await Qmp.with(paths.qmp, async (qmp) => {
    for (const disk of host.disks) {
      const damage = breakage[disk.name];
      if (damage) await swapErrorNode(qmp, disk, damage);
    }
    await qmp.execute('cont');
    return forwardedPort(qmp);
  });
  await untilReady(host, paths, serialStart);
  await writeRuntime(paths, { execPort, token, bootedAt: new Date().toISOString() });
}

/** QEMU chose the port; only its human monitor tells which. */
async function forwardedPort(qmp: Qmp): Promise<number> {
  const table = String(
    await qmp.execute('human-monitor-command', { 'command-line': 'info usernet' }),
  );
  const match = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+(\d+)/.exec(table);
  if (match?.[2] !== String(execPortInGuest)) {
    throw new LabError(`QEMU does not tell its forwarded port; it says:\n${table}`);
  }
  return Number(match[1]);
}

async function textFrom(path: string, offset: number): Promise<string> {
  const file = await open(path);
  try {
    const length = (await file.stat()).size - offset;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function untilReady(host: HostSpec, paths: HostPaths, serialStart: number): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  for (;;) {
    const text = await textFrom(paths.serial, serialStart);
    if (text.includes(readyMarker) && !text.includes(failureMarker)) return;
    const problem = text.includes(failureMarker)
      ? 'failed while it started'
      : !(await runningPid(paths.pid))
        ? 'stopped while it started'
        : Date.now() > deadline
          ? `is not ready after ${readyTimeoutMs / 1000} s`
          : undefined;
    if (problem) {
      await killQemu(paths.pid);
      const tail = text.trim().split('\n').slice(-8).join('\n');
      throw new LabError(`${host.name} ${problem}. The end of ${paths.serial}:\n${tail}`);
    }
    await sleep(pollMs);
  }
}
