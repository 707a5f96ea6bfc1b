import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * What was written before goes to the disk now. The kernel would do so when it is half a minute old, all at once,
 * and a commit that is measured then would wait behind it.
 */
export async function diskAtRest({ dir }: { dir: string }): Promise<void> {
  await run('sync', ['-f', dir]);
}
