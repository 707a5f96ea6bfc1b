import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { umlSources } from '../paths.js';
import type { UmlKernel } from './kernel.js';

export interface UmlMachine {
  readonly memoryMiB: number;
  /** Files of this machine as /dev/ubda, /dev/ubdb, ...; they keep what the guest writes. */
  readonly files: readonly string[];
  /** Further words of the kernel's command line. */
  readonly parameters: readonly string[];
}

const running = new Set<ChildProcess>();

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-child.pid, 'SIGKILL');
}

process.once('exit', () => {
  for (const child of running) killGroup(child);
});

/** A UML kernel as a process: its log, and the line on which its first process is told what to do. */
export class UmlProcess {
  log = '';
  readonly ended: Promise<void>;
  readonly control: Duplex;
  private readonly child: ChildProcess;

  constructor(kernel: UmlKernel, machine: UmlMachine, directory: string, logPath: string) {
    const files = machine.files.map((path, index) => `ubd${'abcdefgh'.charAt(index)}=${path}`);
    this.child = spawn(
      kernel.program,
      [
        `mem=${machine.memoryMiB}M`,
        ...['root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro'],
        ...[`init=${join(umlSources(), 'init.sh')}`, `uml_dir=${directory}/`],
        ...['con0=null,fd:1', 'con1=fd:3', 'con=null', 'loglevel=8', 'null_blk.nr_devices=0'],
        ...files,
        ...machine.parameters,
        ...['--', directory],
      ],
      { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: true },
    );
    running.add(this.child);
    const file = createWriteStream(logPath);
    for (const stream of [this.child.stdout, this.child.stderr] as Readable[]) {
      stream.on('data', (data: Buffer) => {
        this.log += data.toString('latin1').replaceAll('\r', '');
        file.write(data);
      });
    }
    this.control = this.child.stdio[3] as Duplex;
    this.control.on('error', () => undefined);
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', () => {
        running.delete(this.child);
        file.end();
        resolve(rm(directory, { recursive: true, force: true }));
      });
    });
  }

  kill(): void {
    killGroup(this.child);
  }
}
