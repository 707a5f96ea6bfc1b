import { bytesOf, type Change, sectorBytes } from './content.js';
import type { View } from './survival.js';
import type { CrashTarget } from './target.js';
import type { FirstTable } from './assembly.js';

/** What the guest is to make of its disks (test/lab/workload/crash.c says the format). */
export interface GuestState {
  readonly view: View;
  readonly bad: Uint8Array;
  readonly table: FirstTable;
}

const words = (...values: number[]) => {
  const buffer = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => buffer.writeUInt32LE(value, 4 * index));
  return buffer;
};

export function tableLine(target: CrashTarget, { generation, members }: FirstTable): string {
  const leases = members.flatMap((member) => {
    const lease = target.leases[member];
    return lease ? [`/dev/mapper/crash${lease.disk + 1} ${lease.offset} ${lease.length}`] : [];
  });
  const own = ['remap', '/dev/mapper/crash1', 0, target.blockSectors, target.id, generation];
  return [...own, leases.length, ...leases].join(' ');
}

/** Runs of sectors for which something holds. */
function runs(length: number, holds: (at: number) => boolean): { first: number; count: number }[] {
  const found: { first: number; count: number }[] = [];
  for (let at = 0; at < length; at += 1) {
    const last = found.at(-1);
    if (!holds(at)) continue;
    if (last && last.first + last.count === at) last.count += 1;
    else found.push({ first: at, count: 1 });
  }
  return found;
}

/** Where the kernel writes by itself when a target comes up: superblocks. */
function kernelWrites(target: CrashTarget, disk: number, at: number): boolean {
  return target.leases.some(
    (lease) => lease.disk === disk && at >= lease.offset && at < lease.offset + 16,
  );
}

/** A state as the guest reads it; what the disks hold already from the state before is left out. */
export function renderState(target: CrashTarget, state: GuestState, before?: View): Buffer {
  const patches = state.view.flatMap((sectors, disk) =>
    runs(
      sectors.length,
      (at) => before?.[disk]?.[at] !== sectors[at] || kernelWrites(target, disk, at),
    ).map(({ first, count }) =>
      Buffer.concat([
        words(disk + 1, first, count),
        ...Array.from({ length: count }, (_, index) =>
          bytesOf(sectors[first + index] as Change, first + index),
        ),
      ]),
    ),
  );
  const broken = runs(state.bad.length, (at) => state.bad[at] !== 0).map(({ first, count }) =>
    words(1, first, count, 1),
  );
  const line = Buffer.from(tableLine(target, state.table));
  const padded = Buffer.concat([line, Buffer.alloc(-line.length & 3)]);
  return Buffer.concat([
    ...[words(patches.length), ...patches],
    ...[words(broken.length), ...broken],
    ...[words(padded.length), padded],
  ]);
}

/** What the disks hold, byte by byte. */
export function imagesOf(view: View): Buffer[] {
  return view.map((sectors) => {
    const image = Buffer.alloc(sectors.length * sectorBytes);
    sectors.forEach((change, at) => bytesOf(change, at).copy(image, at * sectorBytes));
    return image;
  });
}
