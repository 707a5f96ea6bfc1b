import { execFile } from 'node:child_process';
import { CommandError, errorCodeOf } from './errors.js';

export interface RunOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** For programs whose exit code is part of their answer. */
  readonly anyExitCode?: boolean;
}

/** Runs a program by argument vector, never through a shell, and gives its standard output. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  options?: RunOptions,
) => Promise<string>;

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const runProgram: RunProgram = (program, args, options = {}) =>
  new Promise((resolve, reject) => {
    const { timeoutMs = 30_000, signal, anyExitCode = false } = options;
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
        const exited = typeof error?.code === 'number';
        if (error === null || (anyExitCode && exited)) {
          resolve(stdout);
          return;
        }
        const reason = error.killed === true ? `no answer in ${timeoutMs} ms` : error.message;
        const code = errorCodeOf(error);
        reject(new CommandError([program, ...args].join(' '), stderr, reason, code));
      },
    );
  });
