/**
 * The log of a load on crash disks (test/lab/crash/disk/dm-crash.c): what was asked of the mapped device
 * and of each disk below it, and what became of it, in the one order in which it happened.
 */
export type Operation = 'write' | 'discard' | 'zeroes' | 'flush';

export type TraceEvent =
  | {
      readonly kind: 'issue';
      /** 0 is the mapped device, 1 the main device, then the spare devices. */
      readonly device: number;
      readonly id: number;
      readonly operation: Operation;
      readonly fua: boolean;
      readonly sector: number;
      readonly sectors: number;
      /** Of a write to a disk all that was written; of one to the mapped device 16 bytes of each sector. */
      readonly data: Buffer;
    }
  | {
      readonly kind: 'done';
      readonly device: number;
      readonly id: number;
      readonly failed: boolean;
    }
  | {
      readonly kind: 'break' | 'heal';
      readonly device: number;
      readonly sector: number;
      readonly sectors: number;
      /** Whether reads fail too. */
      readonly reads: boolean;
    }
  | { readonly kind: 'note'; readonly text: string };

const headerBytes = 40;
const operations: readonly (Operation | undefined)[] = [
  undefined,
  'write',
  'discard',
  'zeroes',
  'flush',
];
const kinds = [undefined, 'issue', 'done', 'break', 'heal', 'note'] as const;

function event(log: Buffer, at: number, data: Buffer): TraceEvent {
  const [kind, device = 0, id = 0, operation = 0, flags = 0, sectors = 0] = Array.from(
    { length: 6 },
    (_, index) => log.readUInt32LE(at + 4 * index),
  ).map((value, index) => (index === 0 ? kinds[value] : value)) as [
    (typeof kinds)[number],
    ...number[],
  ];
  const sector = Number(log.readBigUInt64LE(at + 24));
  switch (kind) {
    case 'issue': {
      const name = operations[operation];
      if (name === undefined) break;
      return { kind, device, id, operation: name, fua: flags !== 0, sector, sectors, data };
    }
    case 'done':
      return { kind, device, id, failed: flags !== 0 };
    case 'break':
    case 'heal':
      return { kind, device, sector, sectors, reads: (flags & 1) !== 0 };
    case 'note':
      return { kind, text: data.toString('utf8') };
    case undefined:
  }
  throw new Error(`The trace has no record where one should be, at byte ${at}.`);
}

export function traceEvents(log: Buffer): TraceEvent[] {
  const events: TraceEvent[] = [];
  for (let at = 0; at < log.length;) {
    const bytes = log.readUInt32LE(at + 32);
    const start = at + headerBytes;
    events.push(event(log, at, log.subarray(start, start + bytes)));
    at = start + Math.ceil(bytes / 8) * 8;
  }
  return events;
}
