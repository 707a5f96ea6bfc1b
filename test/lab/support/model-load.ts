import { quoted } from '../../../src/lab/guest-commands.js';
import { RemapTarget, type TargetHost } from './remap-target.js';

export interface ModelDisk {
  readonly name: string;
  /** Its path, or that of what lies over it. */
  readonly path: string;
}

export interface ModelLoad {
  readonly program: string;
  readonly seed: number;
  readonly seconds: number;
  readonly sectors: number;
  readonly main: ModelDisk;
  /** Sectors of it fail, as those of the main device. */
  readonly spare: ModelDisk & { readonly sectors: number };
  /** The first is on a disk in which nothing fails. */
  readonly leases: readonly {
    readonly disk: ModelDisk;
    readonly offset: number;
    readonly length: number;
  }[];
  readonly environment?: Readonly<Record<string, string>>;
}

const given = 3;

/** Starts the program test/lab/workload/model over new mappings of its disks; what it says. */
export async function runModelLoad(
  host: TargetHost,
  load: ModelLoad,
  run: (command: string, options: { timeoutMs: number }) => Promise<string>,
): Promise<string> {
  const { sectors, main, spare } = load;
  const target = new RemapTarget(host, 'm0', main.name, sectors);
  const leases: string[] = [];
  for (const { disk, offset, length } of load.leases) {
    const { id } = await target.format(disk.name, offset, length);
    const path = disk.name === spare.name ? '/dev/mapper/m0-spare' : disk.path;
    leases.push([path, offset, length, id].join(' '));
  }
  const mappings = { 'm0-main': { ...main, sectors }, 'm0-spare': spare };
  for (const [name, disk] of Object.entries(mappings)) {
    await host.run(
      `dmsetup create ${name} --noudevsync --table '0 ${disk.sectors} linear ${disk.path} 0' && dmsetup mknodes ${name}`,
    );
  }
  const environment = Object.entries(load.environment ?? {});
  const argv = [
    ...[load.seed, load.seconds, 'm0', sectors, target.id],
    ...['m0-main', main.path, 'm0-spare', spare.path, spare.sectors],
    ...[given, ...leases.map(quoted)],
  ];
  const said = await run(
    `${environment.map(([name, value]) => `${name}=${quoted(value)} `).join('')}exec ${load.program} ${argv.join(' ')}`,
    { timeoutMs: (load.seconds * 2 + 180) * 1000 },
  );
  for (const name of Object.keys(mappings)) await host.run(`dmsetup remove --noudevsync ${name}`);
  return said;
}
