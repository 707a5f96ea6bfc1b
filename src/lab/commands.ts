import { UsageError } from './errors.js';
import type { CommandName } from './help.js';
import type { Lab } from './lab.js';
import type { LabHost } from './lab-host.js';
import { listing } from './listing.js';
import { runScenario } from './run-scenario.js';
import { type SectorRange, parseSectorRange } from './sector-ranges.js';
import { interactiveShell } from './shell.js';

export interface Arguments {
  readonly positionals: readonly string[];
  /** What stands after `--`. */
  readonly rest: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
}

type Command = (lab: Lab, args: Arguments) => Promise<number>;

const say = (line: string) => process.stdout.write(`${line}\n`);

function named(args: Arguments, ...names: string[]): string[] {
  if (args.positionals.length === names.length) return [...args.positionals];
  throw new UsageError(
    `This command takes ${names.join(' ')}, not ${args.positionals.length} words.`,
  );
}

function text(args: Arguments, flag: string): string | undefined {
  const value = args.flags[flag];
  return typeof value === 'string' ? value : undefined;
}

function number(args: Arguments, flag: string, least: number, most: number): number | undefined {
  const given = text(args, flag);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (given.trim() !== '' && value >= least && value <= most) return value;
  throw new UsageError(`--${flag} takes a number from ${least} to ${most}, not ${given}.`);
}

function sectors(args: Arguments): SectorRange | undefined {
  const given = text(args, 'sectors');
  if (given === undefined) return undefined;
  const range = parseSectorRange(given);
  if (range) return range;
  throw new UsageError(`--sectors takes A+N (N sectors from A), such as 2048+8, not ${given}.`);
}

function chosen(lab: Lab, args: Arguments): readonly LabHost[] {
  return args.positionals.length > 0 ? args.positionals.map((name) => lab.host(name)) : lab.hosts;
}

/** All to their end, then the first failure: a host that fails must not leave another half started. */
async function each(hosts: readonly LabHost[], action: (host: LabHost) => Promise<void>) {
  const results = await Promise.allSettled(hosts.map(action));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function start(host: LabHost): Promise<void> {
  const began = Date.now();
  const started = await host.boot();
  say(
    started
      ? `${host.name} is up after ${((Date.now() - began) / 1000).toFixed(1)} s`
      : `${host.name} is already running`,
  );
}

export const commands: Readonly<Record<CommandName, Command>> = {
  async up(lab, args) {
    await each(chosen(lab, args), start);
    return 0;
  },

  async boot(lab, args) {
    const [host = ''] = named(args, 'HOST');
    await start(lab.host(host));
    return 0;
  },

  async down(lab, args) {
    await each(chosen(lab, args), async (host) => {
      say((await host.shutdown()) ? `${host.name} is down` : `${host.name} was not running`);
      if (args.flags['wipe'] === true) await host.wipe();
    });
    return 0;
  },

  async ls(lab, args) {
    named(args);
    say(await listing(lab));
    return 0;
  },

  async shell(lab, args) {
    const [host = ''] = named(args, 'HOST');
    return interactiveShell(await lab.host(host).endpoint());
  },

  async exec(lab, args) {
    const [host = ''] = named(args, 'HOST');
    if (args.rest.length === 0) throw new UsageError('Put the command after --.');
    const seconds = number(args, 'timeout', 0, 86_400) ?? 0;
    return lab.host(host).stream(args.rest, process.stdin, seconds * 1000);
  },

  async break(lab, args) {
    const [host = '', disk = ''] = named(args, 'HOST', 'DISK');
    const range = sectors(args);
    if (!range) throw new UsageError('Say which sectors: --sectors A+N.');
    const { reads, writes } = args.flags;
    const on = reads === writes ? 'both' : reads === true ? 'reads' : 'writes';
    await lab.host(host).breakDisk(disk, { sector: range.start, count: range.count, on });
    const what = on === 'both' ? 'reads and writes' : on;
    say(`${host} ${disk}: ${what} of sectors ${range.start}+${range.count} fail now`);
    return 0;
  },

  async heal(lab, args) {
    const [host = '', disk = ''] = named(args, 'HOST', 'DISK');
    const range = sectors(args);
    await lab.host(host).healDisk(disk, range && { sector: range.start, count: range.count });
    say(
      `${host} ${disk}: ${range ? `sectors ${range.start}+${range.count}` : 'all sectors'} healed`,
    );
    return 0;
  },

  async 'power-cut'(lab, args) {
    const [host = ''] = named(args, 'HOST');
    const seed = number(args, 'seed', 0, 2 ** 32 - 1);
    const keep = number(args, 'keep', 0, 1);
    const report = await lab.host(host).powerCut({
      ...(seed !== undefined && { seed }),
      ...(keep !== undefined && { keep }),
    });
    say(`${host} lost power (seed ${report.seed}). Writes since its boot:`);
    for (const { disk, durable, survived, torn, lost } of report.disks) {
      const unflushed = `${survived} survived, ${torn} torn, ${lost} lost`;
      say(`  ${disk.padEnd(8)} ${durable} durable; not flushed: ${unflushed}`);
    }
    return 0;
  },

  async run(_lab, args) {
    const [name, ...parts] = args.positionals;
    if (name === undefined) throw new UsageError('Say which scenario to run.');
    const seed = number(args, 'seed', 0, 2 ** 32 - 1);
    const minutes = number(args, 'minutes', 0.1, 10_000);
    const options = {
      keep: args.flags['keep-running'] === true,
      parts,
      ...(seed !== undefined && { seed }),
      ...(minutes !== undefined && { minutes }),
    };
    return (await runScenario(name, options, say)) ? 0 : 1;
  },
};
