import { readdir, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode, LabError } from './errors.js';

async function commandLineOf(pid: number): Promise<string[]> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return [];
    throw error;
  }
}

/**
 * The process behind a pid file, if it is still the QEMU that wrote it: its command line must name that
 * very file. A number that was given to another process since then is not believed.
 */
export async function runningPid(pidFile: string): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(pidFile, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  const pid = Number(text.trim());
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined;
  return (await commandLineOf(pid)).includes(pidFile) ? pid : undefined;
}

export async function waitUntilGone(pidFile: string, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (await runningPid(pidFile)) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  await rm(pidFile, { force: true });
  return true;
}

async function isStopped(pid: number): Promise<boolean> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const states = await Promise.all(
    tasks.map(async (task) => {
      const text = await readFile(`/proc/${pid}/task/${task}/stat`, 'utf8').catch(() => ') T');
      return text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3);
    }),
  );
  return states.every((state) => state === 'T');
}

/**
 * Ends QEMU at once, as a power cut does. It is stopped first: that lets system calls under way run to
 * their end, where SIGKILL alone could leave an entry of a write log half copied.
 */
export async function killQemu(pidFile: string): Promise<void> {
  const pid = await runningPid(pidFile);
  if (pid === undefined) return;
  process.kill(pid, 'SIGSTOP');
  const deadline = Date.now() + 2_000;
  while (!(await isStopped(pid)) && Date.now() < deadline) await sleep(5);
  process.kill(pid, 'SIGKILL');
  if (!(await waitUntilGone(pidFile, 10_000))) {
    throw new LabError(`QEMU (process ${pid}) does not end after SIGKILL.`);
  }
}
