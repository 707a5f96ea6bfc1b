export interface CpioEntry {
  readonly path: string;
  /** Permissions, such as 0o755. */
  readonly mode: number;
  /** Absent for a directory. */
  readonly content?: Buffer;
}

const directoryType = 0o040000;
const fileType = 0o100000;
const magic = '070701';
const hex = (value: number) => value.toString(16).padStart(8, '0');

function padded(buffer: Buffer): Buffer {
  const missing = (4 - (buffer.length % 4)) % 4;
  return missing === 0 ? buffer : Buffer.concat([buffer, Buffer.alloc(missing)]);
}

function record(path: string, mode: number, inode: number, content: Buffer): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(magic + fields.map(hex).join(''));
  return [padded(Buffer.concat([header, name])), padded(content)];
}

/**
 * An archive in the "newc" format that the kernel unpacks as an initramfs
 * (Documentation/driver-api/early-userspace/buffer-format.rst); several may be joined end to end.
 */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const records = entries.flatMap(({ path, mode, content }, index) =>
    record(
      path,
      mode | (content ? fileType : directoryType),
      index + 1,
      content ?? Buffer.alloc(0),
    ),
  );
  return Buffer.concat([...records, ...record('TRAILER!!!', 0, 0, Buffer.alloc(0))]);
}
