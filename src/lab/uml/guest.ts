import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from '../errors.js';
import type { ExecResult } from '../exec.js';
import { complaintsIn } from './complaints.js';
import type { UmlKernel } from './kernel.js';
import { type UmlMachine, UmlProcess } from './process.js';

export interface UmlExecOptions {
  /** Default two minutes. When it passes the guest is taken for hung, and killed. */
  readonly timeoutMs?: number;
  readonly input?: string | Buffer;
}

export interface UmlBootOptions extends Partial<UmlMachine> {
  readonly name: string;
  /** Where the guest's log and what it exchanges with this machine are kept. */
  readonly directory: string;
}

const bootTimeoutMs = 60_000;
const defaultTimeoutMs = 120_000;
const shutdownTimeoutMs = 20_000;
const logLinesShown = 30;

/**
 * A guest that is a process of this machine and sees all of its files, read-only. What it does to devices
 * stays in its memory. Commands may run side by side.
 */
export class UmlGuest {
  private commands = 0;
  private readonly waiting = new Map<number, (code: number) => void>();

  private constructor(
    readonly name: string,
    readonly logPath: string,
    /** The one directory of this machine that the guest can write to. */
    readonly exchange: string,
    private readonly process: UmlProcess,
  ) {}

  static async boot(kernel: UmlKernel, options: UmlBootOptions): Promise<UmlGuest> {
    const { name, directory, memoryMiB = 512, files = [], parameters = [] } = options;
    const exchange = join(directory, `${name}.exchange`);
    const logPath = join(directory, `${name}.log`);
    await rm(exchange, { recursive: true, force: true });
    await mkdir(exchange, { recursive: true });
    const machine = { memoryMiB, files, parameters };
    const process = new UmlProcess(kernel, machine, exchange, logPath);
    const guest = new UmlGuest(name, logPath, exchange, process);
    await guest.orEnd(guest.listen(), bootTimeoutMs, 'it boots');
    return guest;
  }

  /** Runs a bash command as root; any exit code is an answer. */
  async exec(command: string, options: UmlExecOptions = {}): Promise<ExecResult> {
    const { timeoutMs = defaultTimeoutMs, input = '' } = options;
    this.commands += 1;
    const number = this.commands;
    const file = (kind: string) => join(this.exchange, `${number}.${kind}`);
    await writeFile(file('sh'), command);
    await writeFile(file('in'), input);
    const answer = new Promise<number>((resolve) => this.waiting.set(number, resolve));
    this.process.control.write(`${number}\n`);
    const code = await this.orEnd(answer, timeoutMs, command);
    const [stdout, stderr] = await Promise.all([
      readFile(file('out'), 'utf8'),
      readFile(file('err'), 'utf8'),
    ]);
    await Promise.all(['sh', 'in', 'out', 'err'].map((kind) => rm(file(kind))));
    return { code, stdout, stderr };
  }

  /** As exec, but a non-zero exit code is an error; returns standard output without its last newline. */
  async run(command: string, options?: UmlExecOptions): Promise<string> {
    const { code, stdout, stderr } = await this.exec(command, options);
    if (code === 0) return stdout.replace(/\n$/, '');
    const said = `${stdout}${stderr}`.trim().split('\n').slice(-5).join('\n');
    throw new LabError(`${this.name}: exit code ${code} from: ${command}\n${said}`);
  }

  async writeFile(path: string, content: string | Buffer): Promise<void> {
    await this.run(`cat > '${path}'`, { input: content });
  }

  /** All that the kernel wrote to its console. */
  get log(): string {
    return this.process.log;
  }

  get complaints(): string[] {
    return complaintsIn(this.process.log);
  }

  /** Ends the guest in order; one that does not end is killed. */
  async shutdown(): Promise<void> {
    this.process.control.write('off\n');
    await Promise.race([this.process.ended, sleep(shutdownTimeoutMs, undefined, { ref: false })]);
    await this.kill();
  }

  /** Ends the guest at once. */
  async kill(): Promise<void> {
    this.process.kill();
    await this.process.ended;
  }

  private async listen(): Promise<void> {
    await new Promise<void>((ready) => {
      createInterface({ input: this.process.control }).on('line', (line) => {
        if (line === 'ready') ready();
        const [number, code] = line.split(' ').map(Number);
        if (number === undefined || code === undefined) return;
        this.waiting.get(number)?.(code);
        this.waiting.delete(number);
      });
    });
  }

  private async orEnd<T>(result: Promise<T>, timeoutMs: number, what: string): Promise<T> {
    const enough = new AbortController();
    const tail = () => this.log.trimEnd().split('\n').slice(-logLinesShown).join('\n');
    try {
      return await Promise.race([
        result,
        this.process.ended.then(() => {
          throw new LabError(`${this.name} ended before: ${what}\n${tail()}`);
        }),
        sleep(timeoutMs, undefined, { signal: enough.signal }).then(() => {
          this.process.kill();
          throw new LabError(
            `${this.name} hangs; ${timeoutMs} ms passed before: ${what}\n${tail()}`,
          );
        }),
      ]);
    } finally {
      enough.abort();
    }
  }
}
