import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Services } from '../../support/services.js';

/** Linux counts in USER_HZ, which is 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** The numbers of /proc/PID/stat behind the command's name, from the state on. */
async function stat(pid: string): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** CPU seconds of a process and of those of its children that have ended. */
async function own(pid: string): Promise<number> {
  const fields = await stat(pid);
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks / TICKS_PER_SECOND;
}

/** CPU seconds that the run's PostgreSQL has taken so far. */
export async function postgresCpu({ dir }: Services): Promise<number> {
  const pidFile = await readFile(join(dir, 'postgres/cluster/postmaster.pid'), 'utf8');
  const postmaster = pidFile.split('\n')[0] ?? '';
  let seconds = await own(postmaster);
  for (const pid of await readdir('/proc'))
    if (/^\d+$/.test(pid) && (await stat(pid))[1] === postmaster) seconds += await own(pid);
  return seconds;
}

export async function processCpu(pid: number): Promise<number> {
  return own(String(pid));
}
