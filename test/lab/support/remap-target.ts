import { randomUUID } from 'node:crypto';
import { BlockSectors, LeaseId, Sectors, TargetId } from '../../../libs/contract/index.js';
import { formatLease, parseStatus } from '../../../libs/dm-table/index.js';
import type { RemapStatus } from '../../../libs/dm-table/index.js';

/** Where a target is made: a host of the lab, or a UML guest. */
export interface TargetHost {
  device(disk: string): Promise<string>;
  run(command: string, options?: { input: Buffer }): Promise<string>;
  exec(command: string): Promise<{ readonly code: number }>;
}

/** A lease on a lab disk, as a test hands it to the kernel. */
export interface LabLease {
  readonly id: string;
  readonly disk: string;
  readonly offset: number;
  readonly length: number;
}

/** A remap target that a test drives by hand, with dmsetup and nothing else. */
export class RemapTarget {
  readonly id = randomUUID();
  readonly leases: LabLease[] = [];
  generation = 1;

  constructor(
    readonly host: TargetHost,
    readonly name: string,
    readonly mainDisk: string,
    readonly sectors: number,
    readonly blockSectors = 8,
  ) {}

  get path(): string {
    return `/dev/mapper/${this.name}`;
  }

  async format(disk: string, offset: number, length: number): Promise<LabLease> {
    const lease = { id: randomUUID(), disk, offset, length };
    const batches = formatLease({
      targetId: TargetId.parse(this.id),
      leaseId: LeaseId.parse(lease.id),
      lengthSectors: Sectors.parse(length),
      blockSectors: BlockSectors.parse(this.blockSectors),
      label: '',
    });
    if (!batches.ok) throw new Error(batches.message);
    const device = await this.host.device(disk);
    for (const batch of batches.value) {
      for (const write of batch) {
        const seek = offset * 512 + write.offsetBytes;
        await this.host.run(
          `dd of=${device} bs=64k oflag=seek_bytes,direct iflag=fullblock seek=${seek} conv=notrunc,fsync status=none`,
          { input: Buffer.from(write.bytes) },
        );
      }
    }
    return lease;
  }

  async lend(disk: string, offset: number, length: number): Promise<LabLease> {
    const lease = await this.format(disk, offset, length);
    this.leases.push(lease);
    return lease;
  }

  async table(
    generation: number | string = this.generation,
    leases = this.leases,
  ): Promise<string> {
    const main = await this.host.device(this.mainDisk);
    const extents: string[] = [];
    for (const { disk, offset, length } of leases) {
      extents.push(`${await this.host.device(disk)} ${offset} ${length}`);
    }
    const words = ['remap', main, 0, this.blockSectors, this.id, generation, extents.length];
    return `0 ${this.sectors} ${[...words, ...extents].join(' ')}`;
  }

  async create(table?: string): Promise<void> {
    await this.host.run(
      `dmsetup create ${this.name} --noudevsync --table '${table ?? (await this.table())}' && dmsetup mknodes ${this.name}`,
    );
  }

  /** What dmsetup says of a table the kernel refuses, with the kernel's own reason. */
  async refusal(table: string): Promise<string> {
    const { code } = await this.host.exec(
      `dmesg -C; dmsetup create refused --noudevsync --table '${table}'`,
    );
    if (code === 0) {
      await this.host.run('dmsetup remove --noudevsync refused');
      return 'accepted';
    }
    return this.host.run(`dmesg | grep -o 'remap: .*' | tail -1`);
  }

  async reloadRefusal(table: string): Promise<string> {
    const { code } = await this.host.exec(`dmesg -C; dmsetup load ${this.name} --table '${table}'`);
    if (code === 0) {
      await this.host.run(`dmsetup clear ${this.name}`);
      return 'accepted';
    }
    return this.host.run(`dmesg | grep -o 'remap: .*' | tail -1`);
  }

  async reload(generation = this.generation + 1): Promise<void> {
    this.generation = generation;
    await this.host.run(
      `dmsetup load ${this.name} --table '${await this.table()}' && dmsetup resume ${this.name} --noudevsync`,
    );
  }

  async remove(): Promise<void> {
    await this.host.run(`dmsetup remove --noudevsync ${this.name}`);
  }

  async status(): Promise<RemapStatus> {
    const line = await this.host.run(`dmsetup status ${this.name}`);
    const status = parseStatus(line.split(' ').slice(3).join(' '));
    if (!status.ok) throw new Error(`${status.message}: ${line}`);
    return status.value;
  }

  async message(text: string): Promise<string> {
    return this.host.run(`dmsetup message ${this.name} 0 ${text}`);
  }
}
