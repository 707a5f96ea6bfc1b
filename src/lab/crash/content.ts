/** What a sector holds: the version of the load's stamp on it, or one of these. */
export const zeroes = 0;
export const unreadable = -1;
export const foreign = -2;

export const sectorBytes = 512;
/** Begins each stamp of the load (test/lab/workload/crash.c), which repeats magic, sector, version, index. */
const magic = 0x4c444f4d;
const stampWords = 4;

/** One request that changes sectors, and what it leaves in them. */
export interface Change {
  /** Grows with the order of issue, over all disks. */
  readonly order: number;
  readonly sector: number;
  readonly sectors: number;
  readonly fua: boolean;
  /** A disk may forget a discard at any time. */
  readonly discard: boolean;
  /** All bytes; absent where that is zeroes, or not kept. */
  readonly data?: Buffer;
  /** By sector: the version that it was stamped with, zeroes, unreadable or foreign. */
  readonly versions: Int32Array;
  /** By sector: the sector that the stamp says it belongs to. */
  readonly homes: Int32Array;
}

const isZero = (sector: Buffer) => sector.every((byte) => byte === 0);

function stampIn(bytes: Buffer): { version: number; home: number } {
  const [home, version] = [bytes.readUInt32LE(4), bytes.readInt32LE(8)];
  for (let index = 0; index < bytes.length / (4 * stampWords); index += 1) {
    const at = 4 * stampWords * index;
    const whole =
      bytes.readUInt32LE(at) === magic &&
      bytes.readUInt32LE(at + 4) === home &&
      bytes.readInt32LE(at + 8) === version &&
      bytes.readUInt32LE(at + 12) === index;
    if (!whole) return { version: foreign, home: -1 };
  }
  return { version, home };
}

/** Versions and homes of what was written, of which so many bytes of each sector are there. */
export function stamps(
  data: Buffer,
  bytesPerSector: number,
): { versions: Int32Array; homes: Int32Array } {
  const sectors = data.length / bytesPerSector;
  const versions = new Int32Array(sectors);
  const homes = new Int32Array(sectors).fill(-1);
  for (let index = 0; index < sectors; index += 1) {
    const bytes = data.subarray(index * bytesPerSector, (index + 1) * bytesPerSector);
    if (bytes.readUInt32LE(0) === 0 && isZero(bytes)) continue;
    const { version, home } = stampIn(bytes);
    versions[index] = version;
    homes[index] = home;
  }
  return { versions, homes };
}

/** What sector `at` of the mapped device reads as when its data is in this sector of a disk. */
export function contentFor(change: Change, diskSector: number, at: number): number {
  const index = diskSector - change.sector;
  const version = change.versions[index] ?? foreign;
  return version <= zeroes || change.homes[index] === at ? version : foreign;
}

/** A disk as it is before anything happens to it. */
export function untouched(image: Buffer): Change {
  const sectors = image.length / sectorBytes;
  return {
    ...{ order: 0, sector: 0, sectors, fua: false, discard: false, data: image },
    ...stamps(image, sectorBytes),
  };
}

const zeroSector = Buffer.alloc(sectorBytes);

export function bytesOf(change: Change, diskSector: number): Buffer {
  const at = (diskSector - change.sector) * sectorBytes;
  return change.data?.subarray(at, at + sectorBytes) ?? zeroSector;
}
