import type { UmlGuest } from './guest.js';

export interface MemoryDisk {
  readonly name: string;
  readonly sizeMiB: number;
  /** A cache that forgets nothing: the disk asks for flushes. */
  readonly writeBack?: boolean;
}

/** A null_blk device whose content is in the guest's memory; answers its path. */
export async function makeDisk(guest: UmlGuest, disk: MemoryDisk): Promise<string> {
  const attributes = {
    size: disk.sizeMiB,
    blocksize: 512,
    memory_backed: 1,
    discard: 1,
    cache_size: disk.writeBack === true ? 1 : 0,
    power: 1,
  };
  const settings = Object.entries(attributes).map(([name, value]) => `echo ${value} > ${name}`);
  await guest.run(
    `mkdir /sys/kernel/config/nullb/${disk.name} && cd /sys/kernel/config/nullb/${disk.name} &&
     ${settings.join(' && ')}`,
  );
  return `/dev/${disk.name}`;
}

/** Longer ones get into disorder in the kernel's list, before 6.7; so do those that cover others. */
const longestRange = 512;

/** Makes reads and writes of sectors of a memory disk fail. None of them may be broken already. */
export async function breakSectors(
  guest: UmlGuest,
  disk: string,
  first: number,
  count = 1,
): Promise<void> {
  await guest.run(
    `cd /sys/kernel/config/nullb/${disk}; end=${first + count}
     for ((at = ${first}; at < end; at += ${longestRange})); do
       last=$((at + ${longestRange} < end ? at + ${longestRange} - 1 : end - 1))
       echo +$at-$last > badblocks || exit
     done`,
  );
}

export async function healSectors(
  guest: UmlGuest,
  disk: string,
  first: number,
  count = 1,
): Promise<void> {
  const last = first + count - 1;
  await guest.run(`echo -${first}-${last} > /sys/kernel/config/nullb/${disk}/badblocks`);
}
