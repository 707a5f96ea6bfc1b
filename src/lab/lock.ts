import { open, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { hasCode, LabError } from './errors.js';

async function holderOf(path: string): Promise<number | undefined> {
  const pid = Number((await readFile(path, 'utf8').catch(() => '')).trim());
  return pid > 1 && existsSync(`/proc/${pid}`) ? pid : undefined;
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(`${process.pid}\n`);
    await file.close();
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Keeps two commands from changing one host at the same time; a lock whose holder is gone is taken over. */
export async function withLock<T>(
  path: string,
  what: string,
  action: () => Promise<T>,
): Promise<T> {
  if (!(await take(path))) {
    const holder = await holderOf(path);
    if (holder !== undefined) {
      throw new LabError(
        `${what} is being changed by process ${holder}. Try again when it is done.`,
      );
    }
    await rm(path, { force: true });
    if (!(await take(path))) throw new LabError(`${what} is being changed by another process.`);
  }
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}
