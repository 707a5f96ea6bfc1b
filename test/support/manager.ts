import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { managerArguments } from './build';
import { createDatabase } from './database';
import { freePort } from './services';
import { Api } from './api';

export const ADMIN_TOKEN = 'integration-administrator-token-0123456789';

export interface Backing {
  databaseUrl: string;
  redisUrl: string;
}

let redisDatabase = 0;

/** A database of its own on the services of this run, and a Redis database likewise. */
export async function newBacking(services?: Backing): Promise<Backing> {
  const { TEST_DATABASE_URL: databaseUrl = '', TEST_REDIS_URL: redisUrl = '' } = process.env;
  const server = services ?? { databaseUrl, redisUrl };
  const redis = new URL(server.redisUrl);
  redis.pathname = `/${redisDatabase++ % 16}`;
  return { databaseUrl: await createDatabase(server.databaseUrl), redisUrl: redis.href };
}

/** A manager as its own process, so that it can be killed as one. */
export class Manager {
  readonly api: Api;
  log = '';

  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {
    this.api = new Api(url, ADMIN_TOKEN);
    const keep = (chunk: Buffer) => (this.log = (this.log + chunk.toString()).slice(-100_000));
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  static async start(
    { databaseUrl, redisUrl }: Backing,
    timeoutMs?: number,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<Manager> {
    const port = await freePort();
    const child = spawn(process.execPath, managerArguments, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        REDIS_URL: redisUrl,
        DMREMAP_ADMIN_TOKEN: ADMIN_TOKEN,
        DMREMAP_LISTEN: `127.0.0.1:${port}`,
        LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'warn',
        ...environment,
      },
    });
    const manager = new Manager(`http://127.0.0.1:${port}`, child);
    await manager.answers('/health/live', 200, timeoutMs);
    return manager;
  }

  /** Waits until PostgreSQL is connected and migrated. */
  static async startReady(
    backing: Backing,
    timeoutMs?: number,
    environment?: NodeJS.ProcessEnv,
  ): Promise<Manager> {
    const manager = await Manager.start(backing, timeoutMs, environment);
    await manager.answers('/v1/status', 200, timeoutMs);
    return manager;
  }

  async answers(path: string, status: number, timeoutMs = 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const answer = await this.api.request('GET', path).catch(() => undefined);
      if (answer?.status === status) return;
      if (Date.now() > deadline || !this.isAlive)
        throw new Error(
          `${path} did not answer ${status} in time (last: ${answer?.status ?? 'nothing'})\n${this.log}`,
        );
      await sleep(50);
    }
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('the manager did not start');
    return pid;
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** True when it ended by itself as it should: with success, or by the signal that it was sent. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<boolean> {
    if (this.log.includes('nobody foresaw')) process.stderr.write(this.log);
    if (this.isAlive) {
      const exit = once(this.child, 'exit');
      this.child.kill(signal);
      await exit;
    }
    return this.child.exitCode === 0 || this.child.signalCode === signal;
  }
}
