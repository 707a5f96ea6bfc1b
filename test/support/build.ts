import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(__dirname, '../..');
const out = resolve(root, 'dist/integration-manager');

const managerMain = resolve(out, 'src/manager/main.js');

/** As start:manager of package.json has it. */
export const managerArguments = ['--max-semi-space-size=64', managerMain];

/** Builds the manager beside the ordinary build. */
export async function buildManager(): Promise<void> {
  await promisify(execFile)(
    process.execPath,
    [
      resolve(root, 'node_modules/typescript/bin/tsc'),
      ...['-p', resolve(root, 'src/manager/tsconfig.json')],
      ...['--outDir', out],
    ],
    { cwd: root },
  );
}
