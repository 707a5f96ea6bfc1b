import { randomInt } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { bootGuest } from './boot.js';
import { type Breakage, type Direction, intact, readBreakage } from './breakage.js';
import { changeBreakage } from './break-disk.js';
import { type DiskContent, fillDisk, forgetWriteLogs } from './disk-files.js';
import { LabError, UsageError } from './errors.js';
import type { Endpoint } from './exec-client.js';
import { execute, type ExecOptions, type ExecResult } from './exec.js';
import { type HostPaths, hostPaths, readRuntime } from './host-files.js';
import { findDevice, quoted, startInBackground } from './guest-commands.js';
import { withLock } from './lock.js';
import { type PowerCutChoice, type PowerCutReport, rebuildDisks } from './power-cut.js';
import { predictFailure } from './predict-failure.js';
import { killQemu, runningPid, waitUntilGone } from './qemu-process.js';
import type { SectorRange } from './sector-ranges.js';
import type { DiskSpec, HostSpec } from './topology.js';

export interface BreakRequest {
  readonly sector: number;
  /** Default one sector. */
  readonly count?: number;
  /** Default both. */
  readonly on?: Direction;
}

const shutdownTimeoutMs = 30_000;

/** One host of the lab: a guest, its disks, and what is broken on them. */
export class LabHost {
  private readonly paths: HostPaths;

  constructor(
    readonly spec: HostSpec,
    labDirectory: string,
  ) {
    this.paths = hostPaths(labDirectory, spec.name);
  }

  get name(): string {
    return this.spec.name;
  }

  get serialLogPath(): string {
    return this.paths.serial;
  }

  get directory(): string {
    return this.paths.directory;
  }

  disk(name: string): DiskSpec {
    const disk = this.spec.disks.find((each) => each.name === name);
    if (disk) return disk;
    const names = this.spec.disks.map((each) => each.name).join(', ');
    throw new UsageError(`${this.name} has no disk ${name}; it has ${names}.`);
  }

  /** QEMU's process id, or nothing if the host is off. */
  async pid(): Promise<number | undefined> {
    return runningPid(this.paths.pid);
  }

  async isRunning(): Promise<boolean> {
    return (await this.pid()) !== undefined;
  }

  /** Starts the host; false if it runs already. */
  async boot(): Promise<boolean> {
    return this.locked(async () => {
      if ((await this.isRunning()) && (await readRuntime(this.paths))) return false;
      await killQemu(this.paths.pid); // a start that was broken off
      await bootGuest(this.spec, this.paths);
      return true;
    });
  }

  /** Cuts the power: what was not flushed survives only by chance. `torn` defaults to a quarter. */
  async powerCut(choice: Partial<PowerCutChoice> = {}): Promise<PowerCutReport> {
    const { seed = randomInt(2 ** 31), keep = 0.5, torn = 0.25 } = choice;
    return this.locked(async () => {
      await this.mustRun();
      await killQemu(this.paths.pid);
      const disks = await rebuildDisks(this.directory, this.spec.disks, { seed, keep, torn });
      return { seed, disks };
    });
  }

  /** Shuts the host down in order; every write stays. False if it was off. */
  async shutdown(): Promise<boolean> {
    return this.locked(async () => {
      if (!(await this.isRunning())) return false;
      const stop = 'setsid /run/lab/stop < /dev/null > /dev/console 2>&1 &';
      await this.exec(stop, { timeoutMs: 10_000 }).catch(() => undefined);
      if (!(await waitUntilGone(this.paths.pid, shutdownTimeoutMs))) await killQemu(this.paths.pid);
      await forgetWriteLogs(this.directory, this.spec.disks);
      return true;
    });
  }

  /** Ends the guest at once and keeps every write, as though each had been flushed. */
  async powerOff(): Promise<void> {
    await this.locked(async () => {
      await killQemu(this.paths.pid);
      await forgetWriteLogs(this.directory, this.spec.disks);
    });
  }

  /** Gives a disk this content and nothing else; the host must be off. */
  async fillDisk(diskName: string, content: Iterable<DiskContent>): Promise<void> {
    await this.locked(async () => {
      if (await this.isRunning()) {
        throw new LabError(`${this.name} is running. Shut it down before its disks are filled.`);
      }
      await fillDisk(this.directory, this.disk(diskName), content);
    });
  }

  /** Removes the host's disks, damage and logs; the host must be off. */
  async wipe(): Promise<void> {
    if (await this.isRunning()) {
      throw new LabError(`${this.name} is running. Shut it down before its disks are removed.`);
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  async endpoint(): Promise<Endpoint> {
    await this.mustRun();
    const runtime = await readRuntime(this.paths);
    if (runtime) return { host: this.name, port: runtime.execPort, token: runtime.token };
    throw new LabError(`${this.name} is still starting. Wait for: ops/lab up ${this.name}`);
  }

  /** Runs a bash command as root in the guest; any exit code is an answer. */
  async exec(command: string, options?: ExecOptions): Promise<ExecResult> {
    return execute(await this.endpoint(), command, options);
  }

  /** As exec, but a non-zero exit code is an error; returns standard output without its last newline. */
  async run(command: string, options?: ExecOptions): Promise<string> {
    const { code, stdout, stderr } = await this.exec(command, options);
    if (code === 0) return stdout.replace(/\n$/, '');
    const said = (stderr || stdout).trim().split('\n').slice(-5).join('\n');
    throw new LabError(`${this.name}: exit code ${code} from: ${command}\n${said}`);
  }

  /** Runs an argument vector with this process's output as its own, and returns its exit code. */
  async stream(argv: readonly string[], input: Readable, timeoutMs: number): Promise<number> {
    const { code } = await this.exec(argv.map(quoted).join(' '), {
      timeoutMs,
      input,
      onStdout: (data) => process.stdout.write(data),
      onStderr: (data) => process.stderr.write(data),
    });
    return code;
  }

  /** Starts a program that outlives the call, and returns its pid; it logs to /var/log/lab/NAME.log. */
  async background(name: string, command: string): Promise<number> {
    return startInBackground(this, name, command);
  }

  async writeFile(path: string, content: string | Buffer): Promise<void> {
    await this.run(`mkdir -p "$(dirname '${path}')" && cat > '${path}'`, { input: content });
  }

  /** The disk's device in the guest, such as /dev/sdb; it may be another after each boot. */
  async device(diskName: string): Promise<string> {
    return findDevice(this, this.disk(diskName));
  }

  async breakDisk(diskName: string, request: BreakRequest): Promise<void> {
    const { sector, count = 1, on = 'both' } = request;
    await this.changeDamage(diskName, { break: { start: sector, count }, on });
  }

  /** Heals a range, or the whole disk. */
  async healDisk(diskName: string, range?: { sector: number; count: number }): Promise<void> {
    const heal = range ? { start: range.sector, count: range.count } : 'all';
    await this.changeDamage(diskName, { heal });
  }

  /** Lets an NVMe disk say that it will fail, until the guest ends. */
  async predictFailure(diskName: string): Promise<void> {
    await this.mustRun();
    await predictFailure(this.spec, this.disk(diskName), this.paths.qmp);
  }

  async breakage(diskName: string): Promise<Breakage> {
    return (await readBreakage(this.paths.breakage))[this.disk(diskName).name] ?? intact;
  }

  private async changeDamage(
    diskName: string,
    change: { break: SectorRange; on: Direction } | { heal: SectorRange | 'all' },
  ): Promise<void> {
    const disk = this.disk(diskName);
    await this.locked(async () => {
      await changeBreakage(this.paths, disk, change, await this.isRunning());
    });
  }

  private async mustRun(): Promise<void> {
    if (await this.isRunning()) return;
    throw new LabError(`${this.name} is not running. Start it with: ops/lab up ${this.name}`);
  }

  private async locked<T>(action: () => Promise<T>): Promise<T> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    return withLock(this.paths.lock, this.name, action);
  }
}
