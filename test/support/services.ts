import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const command = resolve(__dirname, '../../ops/services');

export async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        done(port);
      });
    });
  });
}

/** PostgreSQL and Redis of one test run, in a directory of their own. */
export class Services {
  private constructor(
    readonly dir: string,
    private readonly environment: NodeJS.ProcessEnv,
    readonly databaseUrl: string,
    readonly redisUrl: string,
  ) {}

  static async start(): Promise<Services> {
    const dir = await mkdtemp(join(tmpdir(), 'dm-remap-test-'));
    await chmod(dir, 0o755);
    const environment = {
      ...process.env,
      DMREMAP_DATA_DIR: dir,
      DMREMAP_PG_PORT: String(await freePort()),
      DMREMAP_REDIS_PORT: String(await freePort()),
      DATABASE_URL: '',
      REDIS_URL: '',
    };
    const { stdout } = await run(command, ['up', '--print-env'], { env: environment });
    const url = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? '';
    return new Services(dir, environment, url('DATABASE_URL'), url('REDIS_URL'));
  }

  async up(): Promise<void> {
    await run(command, ['up'], { env: this.environment });
  }

  async remove(): Promise<void> {
    await run(command, ['down'], { env: this.environment });
    await rm(this.dir, { recursive: true, force: true });
  }

  /** As a crash does: the postmaster first, its children notice and go. */
  async killPostgres(): Promise<void> {
    await this.kill('postgres/cluster/postmaster.pid');
  }

  async killRedis(): Promise<void> {
    await this.kill('redis/redis.pid');
  }

  private async kill(pidFile: string): Promise<void> {
    const pid = Number.parseInt(await readFile(join(this.dir, pidFile), 'utf8'), 10);
    process.kill(pid, 'SIGKILL');
  }
}
