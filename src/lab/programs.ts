import { spawn } from 'node:child_process';
import { hasCode, LabError, messageOf } from './errors.js';

const debianPackages: Readonly<Record<string, string>> = {
  'qemu-system-x86_64': 'qemu-system-x86',
  busybox: 'busybox-static',
  cc: 'gcc libc6-dev',
  cp: 'coreutils',
  make: 'make',
  'mkfs.ext4': 'e2fsprogs',
  patch: 'patch',
};

/**
 * Runs a program by argument vector and returns its standard output; a failure says what it printed.
 * With a time limit the program is killed when it passes, which is a failure too.
 */
export async function runProgram(
  program: string,
  argv: readonly string[],
  limitMs = 0,
): Promise<string> {
  const child = spawn(program, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => {
      reject(startFailure(program, error));
    });
    child.on('close', resolve);
  });
  if (code !== 0) {
    const said = Buffer.concat(errors).toString().trim();
    throw new LabError(
      `${program} failed (exit code ${String(code)}): ${said || 'it said nothing'}`,
    );
  }
  return Buffer.concat(output).toString();
}

function startFailure(program: string, error: Error): LabError {
  if (!hasCode(error, 'ENOENT')) {
    return new LabError(`${program} could not be started: ${messageOf(error)}`);
  }
  const packages = debianPackages[program] ?? program;
  return new LabError(`${program} is not installed. Install it with: apt-get install ${packages}`);
}
