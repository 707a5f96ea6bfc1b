import { readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { Explained } from './explained.mjs';

/** Whether the process is that program at work in that directory. */
export function runs(pid, program, dir) {
  try {
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    return name === program && readlinkSync(`/proc/${pid}/cwd`) === dir;
  } catch {
    return false;
  }
}

/** The text of a pid file; none when there is no such file, which its program may take away at any moment. */
export function readPidFile(pidFile) {
  try {
    return readFileSync(pidFile, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return '';
  }
}

export async function mustBeFree(port, variable, service) {
  await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      const what =
        error.code === 'EADDRINUSE'
          ? `Port 127.0.0.1:${port}, meant for ${service}, is in use by another program (ss -ltnp shows which). ` +
            `Stop it, or set ${variable} to another port.`
          : `Port 127.0.0.1:${port} cannot be opened for ${service} (${error.code}); set ${variable} to another port.`;
      reject(new Explained(what));
    });
    server.listen(port, '127.0.0.1', () => server.close(resolve));
  });
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks every 50 ms until the answer is true; false when the time is over. */
export async function until(check, timeoutMs) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await check()) return true;
    if (Date.now() > deadline) return false;
    await pause(50);
  }
}
