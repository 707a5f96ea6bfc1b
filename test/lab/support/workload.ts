import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../../../src/lab/paths.js';
import { runProgram } from '../../../src/lab/programs.js';
import type { Scenario } from '../../../src/lab/scenario.js';

const workloads = join(repositoryRoot(), 'test/lab/workload');

async function sourcesIn(directory: string): Promise<string[]> {
  const files = await readdir(directory);
  return files.filter((file) => file.endsWith('.c')).map((file) => join(directory, file));
}

/**
 * Compiles a program of test/lab/workload, which is a file or a folder, with what they have in common; a UML
 * guest sees it at the same path.
 */
export async function compileWorkload(s: Scenario, name: string): Promise<string> {
  await mkdir(s.directory, { recursive: true });
  const program = join(s.directory, name);
  const folder = join(workloads, name);
  const own = existsSync(folder) ? await sourcesIn(folder) : [`${folder}.c`];
  const common = await sourcesIn(join(workloads, 'common'));
  await runProgram('cc', ['-O2', '-static', '-pthread', '-o', program, ...own, ...common]);
  return program;
}
