import { existsSync } from 'node:fs';
import { CommandError } from '../base/errors.js';
import type { RunProgram } from '../base/run-program.js';
import { INFO_COLUMNS, parseInfo, parseLinesByName } from './parse.js';
import type { DmInfo } from './parse.js';

/** A suspend waits for I/O in flight, and a failing disk takes its time over each. */
const TABLE_CHANGE_TIMEOUT_MS = 300_000;

const NO_DEVICE_MAPPER = /Failure to communicate with kernel device-mapper driver/;

/** The device-mapper of this host, through dmsetup. */
export class Dmsetup {
  private readonly withoutUdev: readonly string[];

  constructor(
    private readonly run: RunProgram,
    udevRuns = existsSync('/run/udev/control'),
  ) {
    this.withoutUdev = udevRuns ? [] : ['--noudevsync', '--noudevrules'];
  }

  private ask(...args: string[]): Promise<string> {
    return this.run('dmsetup', args);
  }

  private async change(...args: string[]): Promise<void> {
    try {
      await this.run('dmsetup', [...args, ...this.withoutUdev], {
        timeoutMs: TABLE_CHANGE_TIMEOUT_MS,
      });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const said = await this.lastKernelMessage();
      throw new CommandError(error.command, `${error.stderr.trim()}${said}`, error.message);
    }
  }

  /** Why the kernel refused; dmsetup itself only knows `Invalid argument`. */
  private async lastKernelMessage(): Promise<string> {
    const log = await this.run('dmesg', ['--notime']).catch(() => '');
    const last = log
      .split('\n')
      .filter((line) => line.startsWith('device-mapper: '))
      .at(-1);
    return last === undefined ? '' : ` (last in the kernel log: ${last})`;
  }

  /** All mapped devices; none where the kernel has no device-mapper. */
  async info(): Promise<DmInfo[]> {
    try {
      return parseInfo(
        await this.ask('info', '-c', '--noheadings', '--separator', '\t', '-o', INFO_COLUMNS),
      );
    } catch (error) {
      if (error instanceof CommandError && NO_DEVICE_MAPPER.test(error.stderr)) return [];
      throw error;
    }
  }

  async eventNumber(name: string): Promise<number> {
    return Number((await this.ask('info', '-c', '--noheadings', '-o', 'events', name)).trim());
  }

  async tables(): Promise<Map<string, string[]>> {
    return parseLinesByName(await this.ask('table'));
  }

  async statuses(): Promise<Map<string, string[]>> {
    return parseLinesByName(await this.ask('status', '--noflush', '--target', 'remap'));
  }

  async table(name: string): Promise<string> {
    return (await this.ask('table', name)).trim();
  }

  async inactiveTable(name: string): Promise<string> {
    return (await this.ask('table', '--inactive', name)).trim();
  }

  async create(name: string, uuid: string, table: string): Promise<void> {
    await this.change('create', name, '--uuid', uuid, '--table', table);
    await this.makeNodes(name);
  }

  async load(name: string, table: string): Promise<void> {
    await this.change('load', name, '--table', table);
  }

  /** Swaps the loaded table in, if there is one, and lets I/O go on: one call into the kernel. */
  async resume(name: string): Promise<void> {
    await this.change('resume', '--nolockfs', name);
  }

  async clear(name: string): Promise<void> {
    await this.ask('clear', name);
  }

  async remove(name: string): Promise<void> {
    await this.change('remove', name);
  }

  async message(name: string, ...words: string[]): Promise<string> {
    return this.ask('message', name, '0', ...words);
  }

  private async makeNodes(name: string): Promise<void> {
    if (this.withoutUdev.length > 0) await this.ask('mknodes', name);
  }
}
