import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../../../src/lab/paths.js';
import { runProgram } from '../../../src/lab/programs.js';
import type { Scenario } from '../../../src/lab/scenario.js';

/** Compiles a program of test/lab/workload; a UML guest sees it at the same path. */
export async function compileWorkload(s: Scenario, name: string): Promise<string> {
  await mkdir(s.directory, { recursive: true });
  const program = join(s.directory, name);
  const source = join(repositoryRoot(), 'test/lab/workload', `${name}.c`);
  await runProgram('cc', ['-O2', '-static', '-pthread', '-o', program, source]);
  return program;
}
