import { execFile } from 'node:child_process';
import { CommandError } from './errors.js';

export interface RunOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Runs a program by argument vector, never through a shell, and gives its standard output. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  options?: RunOptions,
) => Promise<string>;

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const runProgram: RunProgram = (program, args, { timeoutMs = 30_000, signal } = {}) =>
  new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      {
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_OUTPUT_BYTES,
        env: { ...process.env, PATH, LC_ALL: 'C' },
        ...(signal && { signal }),
      },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
          return;
        }
        const reason = error.killed === true ? `no answer in ${timeoutMs} ms` : error.message;
        reject(new CommandError([program, ...args].join(' '), stderr, reason));
      },
    );
  });
