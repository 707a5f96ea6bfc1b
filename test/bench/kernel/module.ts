import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { guestKernel } from '../../../src/lab/kernel.js';
import { repositoryRoot } from '../../../src/lab/paths.js';
import { runProgram } from '../../../src/lab/programs.js';

/** The kernel target to measure: a `.ko` file as it is, or a source directory, which is built first. */
export async function moduleFile(given = join(repositoryRoot(), 'kernel')): Promise<string> {
  const path = resolve(given);
  if (!(await stat(path)).isDirectory()) return path;
  const { version } = await guestKernel();
  await runProgram('make', ['-s', '-C', path, `KVER=${version}`]);
  return join(path, 'dm-remap.ko');
}
