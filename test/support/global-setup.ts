import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { Services } from './services';

declare global {
  var integrationServices: Services | undefined;
}

const root = resolve(__dirname, '../..');

/** Builds the manager beside the ordinary build, and starts the services that most tests share. */
export default async function setup(): Promise<void> {
  await promisify(execFile)(
    process.execPath,
    [
      resolve(root, 'node_modules/typescript/bin/tsc'),
      ...['-p', resolve(root, 'src/manager/tsconfig.json')],
      ...['--outDir', resolve(root, 'dist/integration-manager')],
    ],
    { cwd: root },
  );
  globalThis.integrationServices = await Services.start();
  process.env.TEST_DATABASE_URL = globalThis.integrationServices.databaseUrl;
  process.env.TEST_REDIS_URL = globalThis.integrationServices.redisUrl;
}
