import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { managerFlags } from '../../src/lab/fleet/manager-flags';

const root = resolve(__dirname, '../..');
const out = resolve(root, 'dist/integration-manager');

const managerMain = resolve(out, 'src/manager/main.js');

export const managerArguments = [...managerFlags, managerMain];

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
