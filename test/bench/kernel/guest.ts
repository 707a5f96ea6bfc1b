import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskContent } from '../../../src/lab/disk-files.js';
import { Lab } from '../../../src/lab/lab.js';
import type { LabHost } from '../../../src/lab/lab-host.js';
import { dataDirectory } from '../../../src/lab/paths.js';
import type { DiskSpec, HostSpec } from '../../../src/lab/topology.js';
import { type FioResult, parseFio } from './fio.js';
import { BLOCK_SECTORS, layoutOf, type LeasePlan, renderLease } from './lease-plan.js';

const sectorBytes = 512;
const bytesPerMiB = 1 << 20;
const sectorsPerMiB = bytesPerMiB / sectorBytes;
const commandTimeoutMs = 600_000;

const systemDisk: DiskSpec = {
  name: 'system',
  kind: 'virtio',
  sizeMiB: 64,
  serial: 'SYSBENCH',
  role: 'system',
};

interface Placed {
  readonly plan: LeasePlan;
  readonly offsetSectors: number;
}

/** Leases one behind another on a disk, each from a whole MiB on. */
function place(plans: readonly LeasePlan[]): { placed: Placed[]; sizeMiB: number } {
  const placed: Placed[] = [];
  let sizeMiB = 0;
  for (const plan of plans) {
    placed.push({ plan, offsetSectors: sizeMiB * sectorsPerMiB });
    sizeMiB += Math.ceil(layoutOf(plan).metadataSectors / sectorsPerMiB);
  }
  return { placed, sizeMiB: Math.max(1, sizeMiB) };
}

function* contentOf(placed: readonly Placed[]): Generator<DiskContent> {
  for (const { plan, offsetSectors } of placed) {
    for (const { offsetBytes, bytes } of renderLease(plan)) {
      yield { offsetBytes: offsetSectors * sectorBytes + offsetBytes, bytes };
    }
  }
}

export interface GuestPlan {
  /** Guests of one name must not run at the same time. */
  readonly name: string;
  /** The kernel target to load, a `.ko` file. */
  readonly module: string;
  readonly leases: readonly LeasePlan[];
}

export interface IoCounts {
  readonly reads: number;
  readonly sectorsRead: number;
  readonly writes: number;
  readonly flushes: number;
}

export interface NullBlkOptions {
  readonly sizeMiB: number;
  readonly memoryBacked?: boolean;
  /** Time that each request takes; 0 completes it where it was submitted, without a request queue. */
  readonly completionNs?: number;
  /** A volatile write cache of this size; without it the device has none and sees no flushes. */
  readonly cacheMiB?: number;
  readonly commandsAtOnce?: number;
  readonly commandSectors?: number;
}

/** A guest on the instruction clock, with the remap target loaded and the metadata of leases in memory. */
export class BenchGuest {
  private constructor(
    private readonly host: LabHost,
    private readonly placed: readonly Placed[],
  ) {}

  static async boot({ name, module, leases }: GuestPlan): Promise<BenchGuest> {
    const directory = join(dataDirectory(), 'bench-kernel', name);
    const { placed, sizeMiB } = place(leases);
    const leaseDisk: DiskSpec = {
      name: 'leases',
      kind: 'scsi',
      sizeMiB,
      serial: 'LEASES',
      wwn: '5000c500be4c4000',
      enclosure: 'E1',
      slot: 1,
    };
    const spec: HostSpec = {
      name: 'bench',
      memoryMiB: 1024,
      clock: 'instructions',
      disks: [systemDisk, leaseDisk],
    };
    for (const before of Lab.open(directory).hosts) {
      await before.powerOff();
      await before.wipe();
    }
    const host = Lab.open(directory, [spec]).host('bench');
    await host.fillDisk(leaseDisk.name, contentOf(placed));
    await host.boot();
    const guest = new BenchGuest(host, placed);
    await guest.prepare(module, await host.device(leaseDisk.name), sizeMiB);
    return guest;
  }

  async end(): Promise<void> {
    await this.host.powerOff();
    await this.host.wipe();
  }

  private async prepare(module: string, leaseDisk: string, sizeMiB: number): Promise<void> {
    await this.host.writeFile('/run/dm-remap.ko', await readFile(module));
    await this.run(
      [
        'while pgrep -x modprobe; do sleep 1; done', // what the guest's start left in the background
        'modprobe -a dm-mod libcrc32c',
        'modprobe null_blk nr_devices=0',
        `modprobe brd rd_nr=1 rd_size=${sizeMiB * 1024}`,
        'insmod /run/dm-remap.ko',
        `dd if=${leaseDisk} of=/dev/ram0 bs=1M iflag=direct oflag=direct status=none`,
        'echo 1 > /proc/sys/vm/drop_caches',
      ].join('\n'),
    );
  }

  /** Runs a bash script and returns what it printed; a command that fails ends it. */
  async run(script: string): Promise<string> {
    return this.host.run(`set -e -o pipefail\n${script}`, { timeoutMs: commandTimeoutMs });
  }

  async writeFile(path: string, content: string): Promise<void> {
    await this.host.writeFile(path, content);
  }

  /** Runs a fio command, once what the guest did before has settled. Waiting takes no time there. */
  async fio(command: string): Promise<FioResult[]> {
    return parseFio(await this.run(`sleep 2\n${command}`));
  }

  /** Makes a null_blk device and returns its path. */
  async nullBlk(name: string, options: NullBlkOptions): Promise<string> {
    const { sizeMiB, memoryBacked = false, completionNs = 0, cacheMiB = 0 } = options;
    const settings = {
      size: sizeMiB,
      memory_backed: Number(memoryBacked),
      queue_mode: completionNs > 0 ? 2 : 0,
      irqmode: completionNs > 0 ? 2 : 0,
      completion_nsec: completionNs,
      cache_size: cacheMiB,
      ...(options.commandsAtOnce === undefined ? {} : { hw_queue_depth: options.commandsAtOnce }),
      ...(options.commandSectors === undefined ? {} : { max_sectors: options.commandSectors }),
      power: 1,
    };
    return this.run(
      [
        `d=/sys/kernel/config/nullb/${name}`,
        'mkdir $d',
        ...Object.entries(settings).map(([key, value]) => `echo ${value} > $d/${key}`),
        `[ -e /dev/${name} ] && echo /dev/${name} || echo /dev/nullb$(< $d/index)`,
      ].join('\n'),
    );
  }

  /** Makes a mapped device and returns its path. */
  async mapped(name: string, ...lines: readonly string[]): Promise<string> {
    const input = lines.map((line) => `${line}\n`).join('');
    const create = `dmsetup create ${name} --noudevsync && dmsetup mknodes ${name}`;
    await this.host.run(`{ ${create}; } || { dmesg | tail -n 2 >&2; false; }`, { input });
    return `/dev/mapper/${name}`;
  }

  /** What the kernel counted of a device so far (Documentation/block/stat.rst). */
  async ioCounts(device: string): Promise<IoCounts> {
    const number = `$(printf '%d:%d' $(stat -L -c '0x%t 0x%T' ${device}))`;
    const text = await this.run(`cat /sys/dev/block/${number}/stat`);
    const [reads, , sectorsRead, , writes, , , , , , , , , , , flushes] = text
      .trim()
      .split(/\s+/)
      .map(Number);
    if (reads === undefined || sectorsRead === undefined) throw new Error(`${device}: ${text}`);
    return { reads, sectorsRead, writes: writes ?? 0, flushes: flushes ?? 0 };
  }

  async remove(name: string): Promise<void> {
    await this.run(`dmsetup remove --noudevsync ${name}`);
  }

  async linear(name: string, below: string, sectors: number): Promise<string> {
    return this.mapped(name, `0 ${sectors} linear ${below} 0`);
  }

  /** Puts a lease's metadata at the beginning of a device. */
  async copyMetadata(plan: LeasePlan, device: string): Promise<void> {
    const skip = this.metadataOffset(plan) / BLOCK_SECTORS;
    const count = layoutOf(plan).metadataSectors / BLOCK_SECTORS;
    await this.run(
      `dd if=/dev/ram0 of=${device} bs=4k skip=${skip} count=${count} iflag=direct oflag=direct status=none`,
    );
  }

  /** Sector of the memory disk where a lease's metadata lies. */
  private metadataOffset(plan: LeasePlan): number {
    const placed = this.placed.find((each) => each.plan === plan);
    if (!placed) throw new Error(`The guest has no lease ${plan.name}.`);
    return placed.offsetSectors;
  }

  /**
   * A spare device whose first sectors are the lease's metadata, in memory, and whose data is that of a
   * device below. Metadata has to be kept; data that is never looked at must cost no more than on main.
   */
  async spare(plan: LeasePlan, data: string, dataSectors: number): Promise<string> {
    const { metadataSectors } = layoutOf(plan);
    return this.mapped(
      `spare-${plan.name}`,
      `0 ${metadataSectors} linear /dev/ram0 ${this.metadataOffset(plan)}`,
      `${metadataSectors} ${dataSectors} linear ${data} 0`,
    );
  }
}

export interface Grant {
  readonly plan: LeasePlan;
  /** A spare device that begins with the lease. */
  readonly device: string;
}

export function remapTable(main: string, grants: readonly Grant[], generation = 1): string {
  const [first] = grants;
  if (!first) throw new Error('A remap table for a benchmark has a lease.');
  const leases = grants.map(({ plan, device }) => `${device} 0 ${layoutOf(plan).lengthSectors}`);
  return [
    `0 ${first.plan.mainSectors} remap ${main} 0 ${BLOCK_SECTORS}`,
    `${first.plan.targetId} ${generation} ${grants.length} ${leases.join(' ')}`,
  ].join(' ');
}
