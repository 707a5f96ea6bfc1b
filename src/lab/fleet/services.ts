import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LabError, messageOf } from '../errors.js';
import { repositoryRoot } from '../paths.js';

const run = promisify(execFile);

/** Where a fleet keeps its books and on which loopback ports its parts listen. */
export interface FleetSettings {
  readonly dataDirectory: string;
  readonly postgresPort: number;
  readonly redisPort: number;
  readonly managerPort: number;
}

function environment(settings: FleetSettings): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DMREMAP_DATA_DIR: settings.dataDirectory,
    DMREMAP_PG_PORT: String(settings.postgresPort),
    DMREMAP_REDIS_PORT: String(settings.redisPort),
  };
}

async function services(settings: FleetSettings, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await run(join(repositoryRoot(), 'ops/services'), args, {
      env: environment(settings),
    });
    return stdout;
  } catch (error) {
    const stderr = (error as { stderr?: string }).stderr?.trim();
    throw new LabError(stderr ?? messageOf(error));
  }
}

/** Starts PostgreSQL and Redis unless they run, and answers their URLs. */
export async function startServices(settings: FleetSettings): Promise<Record<string, string>> {
  const lines = (await services(settings, 'up', '--print-env')).trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

export async function stopServices(settings: FleetSettings): Promise<void> {
  await services(settings, 'down');
}

/** SIGKILLs PostgreSQL's postmaster and Redis, as a crash of both would. */
export async function killServices(settings: FleetSettings): Promise<void> {
  const status = await services(settings, 'status');
  for (const [, pid] of status.matchAll(/up, pid (\d+)/g)) process.kill(Number(pid), 'SIGKILL');
}
