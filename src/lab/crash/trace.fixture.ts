import type { Operation } from './trace.js';

/** A record as the crash disks' module writes it. */
function record(
  type: number,
  device: number,
  id: number,
  [operation, flags, sectors, sector]: readonly [number, number, number, number],
  data: Buffer = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(40);
  [type, device, id, operation, flags, sectors].forEach((value, index) =>
    header.writeUInt32LE(value, 4 * index),
  );
  header.writeBigUInt64LE(BigInt(sector), 24);
  header.writeUInt32LE(data.length, 32);
  return Buffer.concat([header, data, Buffer.alloc(-data.length & 7)]);
}

const numbers: Readonly<Record<Operation, number>> = { write: 1, discard: 2, zeroes: 3, flush: 4 };

export const issued = (
  device: number,
  id: number,
  operation: Operation,
  where: { sector?: number; sectors?: number; fua?: boolean; data?: Buffer } = {},
): Buffer => {
  const { sector = 0, sectors = 0, fua = false, data } = where;
  return record(1, device, id, [numbers[operation], fua ? 1 : 0, sectors, sector], data);
};

export const done = (device: number, id: number, failed = false): Buffer =>
  record(2, device, id, [0, failed ? 1 : 0, 0, 0]);

export const broken = (device: number, sector: number, sectors: number, how: number): Buffer =>
  record(3, device, 0, [0, how, sectors, sector]);

export const noted = (text: string): Buffer => record(5, 0, 0, [0, 0, 0, 0], Buffer.from(text));

/** What a load writes to sectors from one on, or so many bytes of each. */
export function stamped(sector: number, sectors: number, version: number, bytes = 512): Buffer {
  const data = Buffer.alloc(sectors * bytes);
  for (let at = 0; at < data.length; at += 16) {
    const within = Math.floor(at / bytes);
    [0x4c444f4d, sector + within, version, (at % bytes) / 16].forEach((word, index) =>
      data.writeUInt32LE(word, at + 4 * index),
    );
  }
  return data;
}
