import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode, LabError } from '../errors.js';
import { repositoryRoot } from '../paths.js';
import { managerFlags } from './manager-flags.js';
import type { FleetSettings } from './services.js';

const program = 'dist/manager/src/manager/main.js';
const startTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;

/** The manager as one process on this machine, which outlives the caller. */
export class ManagerProcess {
  constructor(readonly settings: FleetSettings) {
    mkdirSync(settings.dataDirectory, { recursive: true });
  }

  get url(): string {
    return `http://127.0.0.1:${this.settings.managerPort}`;
  }

  get logPath(): string {
    return join(this.settings.dataDirectory, 'manager.log');
  }

  private get pidPath(): string {
    return join(this.settings.dataDirectory, 'manager.pid');
  }

  /** The first administrator's token: made once, kept beside the data. */
  get token(): string {
    const file = join(this.settings.dataDirectory, 'admin-token');
    if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 });
    return readFileSync(file, 'utf8').trim();
  }

  /** Its process id, or nothing when it does not run; a stale pid file counts for nothing. */
  pid(): number | undefined {
    try {
      const pid = Number(readFileSync(this.pidPath, 'utf8'));
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(program) ? pid : undefined;
    } catch (error) {
      if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return undefined;
      throw error;
    }
  }

  /** Starts it and waits until it is ready; false when it ran already. */
  async start(urls: Record<string, string>): Promise<boolean> {
    if (this.pid() !== undefined) {
      await this.ready();
      return false;
    }
    const log = openSync(this.logPath, 'a');
    const child = spawn(process.execPath, [...managerFlags, join(repositoryRoot(), program)], {
      cwd: repositoryRoot(),
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        ...urls,
        DMREMAP_LISTEN: `127.0.0.1:${this.settings.managerPort}`,
        DMREMAP_ADMIN_TOKEN: this.token,
      },
    });
    child.unref();
    writeFileSync(this.pidPath, String(child.pid));
    await this.ready();
    return true;
  }

  private async ready(): Promise<void> {
    const until = Date.now() + startTimeoutMs;
    while (Date.now() < until) {
      if (this.pid() === undefined) break;
      const answer = await fetch(`${this.url}/health/ready`).catch(() => undefined);
      if (answer?.ok) return;
      await sleep(200);
    }
    const tail = readFileSync(this.logPath, 'utf8').trim().split('\n').slice(-5).join('\n');
    throw new LabError(
      `The manager did not become ready. Its log, ${this.logPath}, ends:\n${tail}`,
    );
  }

  kill(): void {
    const pid = this.pid();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    rmSync(this.pidPath, { force: true });
  }

  /** Ends it in order; false when it did not run. */
  async stop(): Promise<boolean> {
    const pid = this.pid();
    if (pid === undefined) return false;
    process.kill(pid, 'SIGTERM');
    const until = Date.now() + stopTimeoutMs;
    while (this.pid() !== undefined && Date.now() < until) await sleep(100);
    this.kill();
    return true;
  }
}
