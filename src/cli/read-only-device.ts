import { constants } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { SECTOR_BYTES } from '../../libs/contract/index.js';
import { alignedBuffer } from '../../libs/dm-table/index.js';
import { CliError, EXIT } from './errors.js';

const FIRST_BUFFER_BYTES = (1 << 20) + 4096;

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const couldNot = (path: string, reason: string): CliError =>
  new CliError(EXIT.usage, `${path} cannot be looked at: ${reason}`);

/** `major:minor` as in /sys/dev/block, from st_rdev (makedev(3)). */
function deviceNumber(rdev: bigint): string {
  const major = ((rdev >> 32n) & 0xffff_f000n) | ((rdev >> 8n) & 0xfffn);
  const minor = ((rdev >> 12n) & 0xffff_ff00n) | (rdev & 0xffn);
  return `${major.toString()}:${minor.toString()}`;
}

/**
 * A block device or an image of one, opened for reading only. A block device is read past the page cache,
 * below which the kernel target writes.
 */
export class ReadOnlyDevice {
  private buffer = alignedBuffer(FIRST_BUFFER_BYTES);

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    readonly sizeSectors: number,
    /** Names of what the kernel has stacked on it, such as `dm-0`. */
    readonly holders: readonly string[],
  ) {}

  static async open(path: string): Promise<ReadOnlyDevice> {
    try {
      const status = await stat(path, { bigint: true });
      if (status.isFile()) {
        const file = await open(path, constants.O_RDONLY);
        const sectors = Number(status.size / BigInt(SECTOR_BYTES));
        return new ReadOnlyDevice(path, file, sectors, []);
      }
      if (!status.isBlockDevice()) {
        throw couldNot(path, 'it is neither a block device nor an image file.');
      }
      const sysfs = `/sys/dev/block/${deviceNumber(status.rdev)}`;
      const sectors = Number(await readFile(`${sysfs}/size`, 'utf8'));
      const holders = await readdir(`${sysfs}/holders`).catch(() => []);
      const file = await open(path, constants.O_RDONLY | constants.O_DIRECT);
      return new ReadOnlyDevice(path, file, sectors, holders);
    } catch (error) {
      throw error instanceof CliError ? error : couldNot(path, reasonOf(error));
    }
  }

  /** Offset and length are multiples of 4096. Rejects when the device cannot, or ends before. */
  async read(offsetBytes: number, lengthBytes: number): Promise<Buffer> {
    if (this.buffer.length < lengthBytes) this.buffer = alignedBuffer(lengthBytes);
    const { bytesRead } = await this.file.read(this.buffer, 0, lengthBytes, offsetBytes);
    if (bytesRead !== lengthBytes) throw new Error('it ends before');
    return Buffer.from(this.buffer.subarray(0, lengthBytes));
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}
