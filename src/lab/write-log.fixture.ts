import { type LogSource, sectorBytes, type WriteLogEntry } from './write-log.js';

export type LoggedOperation =
  | { kind: 'flush' }
  | { kind: 'write'; sector: number; data: Buffer; fua?: boolean }
  | { kind: 'discard'; sector: number; sectors: number };

const u64 = (...values: number[]) => {
  const buffer = Buffer.alloc(values.length * 8);
  values.forEach((value, index) => buffer.writeBigUInt64LE(BigInt(value), index * 8));
  return buffer;
};

const inSector = (content: Buffer) =>
  Buffer.concat([content, Buffer.alloc(sectorBytes - content.length)]);

export function superblock(entries: number): Buffer {
  const magicAndVersion = Buffer.from('7268737766736a000100000000000000', 'hex');
  const sectorSize = Buffer.alloc(4);
  sectorSize.writeUInt32LE(sectorBytes);
  return inSector(Buffer.concat([magicAndVersion, u64(entries), sectorSize]));
}

export function logged(operation: LoggedOperation): Buffer {
  switch (operation.kind) {
    case 'flush':
      return inSector(u64(0, 0, 1, 0));
    case 'discard':
      return inSector(u64(operation.sector, operation.sectors, 4, 0));
    case 'write': {
      const { sector, data, fua } = operation;
      const header = inSector(u64(sector, data.length / sectorBytes, fua ? 2 : 0, 0));
      return Buffer.concat([header, data]);
    }
  }
}

export function logOf(operations: readonly LoggedOperation[], believedEntries = 0): Buffer {
  return Buffer.concat([superblock(believedEntries), ...operations.map(logged)]);
}

export function source(log: Buffer): LogSource {
  return {
    size: log.length,
    read: (offset, length) => log.subarray(offset, Math.min(offset + length, log.length)),
  };
}

/** Sectors filled with one byte. */
export const filled = (byte: number, sectors = 1) => Buffer.alloc(sectors * sectorBytes, byte);

/** What the reader should make of the operations. */
export function entriesOf(operations: readonly LoggedOperation[]): WriteLogEntry[] {
  let offset = sectorBytes;
  return operations.map((operation) => {
    const dataOffset = offset + sectorBytes;
    offset += logged(operation).length;
    if (operation.kind !== 'write') return operation;
    const { sector, data, fua = false } = operation;
    return { kind: 'write', sector, sectors: data.length / sectorBytes, fua, dataOffset };
  });
}
