import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { alignedBuffer } from '../../../libs/dm-table/index.js';

/** Suits devices with logical blocks of 512 bytes and of 4 KiB. */
const ALIGNMENT_BYTES = 4096;
const FIRST_BUFFER_BYTES = 65_536;

/**
 * A block device past the page cache: the kernel target writes lease metadata below the cache, so a
 * cached read could be old, and a cached write could later overwrite what the target wrote.
 */
export class DirectFile {
  private buffer = alignedBuffer(FIRST_BUFFER_BYTES);

  private constructor(
    private readonly file: FileHandle,
    private readonly path: string,
  ) {}

  static async open(path: string, mode: 'read' | 'write'): Promise<DirectFile> {
    const access = mode === 'read' ? constants.O_RDONLY : constants.O_RDWR;
    return new DirectFile(await open(path, access | constants.O_DIRECT), path);
  }

  private reserve(offsetBytes: number, lengthBytes: number): Buffer {
    if (offsetBytes % ALIGNMENT_BYTES !== 0 || lengthBytes % ALIGNMENT_BYTES !== 0) {
      throw new RangeError(`${this.path}: ${lengthBytes} bytes at ${offsetBytes} are not aligned`);
    }
    if (this.buffer.length < lengthBytes) this.buffer = alignedBuffer(lengthBytes);
    return this.buffer.subarray(0, lengthBytes);
  }

  async read(offsetBytes: number, lengthBytes: number): Promise<Buffer> {
    const target = this.reserve(offsetBytes, lengthBytes);
    const { bytesRead } = await this.file.read(target, 0, lengthBytes, offsetBytes);
    if (bytesRead !== lengthBytes) throw new Error(`${this.path} ends before ${offsetBytes}`);
    return Buffer.from(target);
  }

  async write(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    const source = this.reserve(offsetBytes, bytes.length);
    source.set(bytes);
    const { bytesWritten } = await this.file.write(source, 0, bytes.length, offsetBytes);
    if (bytesWritten !== bytes.length) {
      throw new Error(`${this.path} took ${bytesWritten} of ${bytes.length} bytes`);
    }
  }

  /** Flushes the device's own cache too. */
  async sync(): Promise<void> {
    await this.file.datasync();
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}
