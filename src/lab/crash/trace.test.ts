import { expect, test } from '@jest/globals';
import { broken, done, issued, noted, stamped } from './trace.fixture.js';
import { traceEvents } from './trace.js';

test('a trace is read record by record', () => {
  const data = stamped(8, 1, 3);
  const trace = Buffer.concat([
    noted('live 1'),
    issued(1, 7, 'write', { sector: 8, sectors: 1, fua: true, data }),
    done(1, 7, true),
    broken(1, 4, 2, 3),
    issued(0, 9, 'flush'),
  ]);
  expect(traceEvents(trace)).toEqual([
    { kind: 'note', text: 'live 1' },
    { kind: 'issue', device: 1, id: 7, operation: 'write', fua: true, sector: 8, sectors: 1, data },
    { kind: 'done', device: 1, id: 7, failed: true },
    { kind: 'break', device: 1, sector: 4, sectors: 2, reads: true },
    {
      ...{ kind: 'issue', device: 0, id: 9, operation: 'flush', fua: false, sector: 0, sectors: 0 },
      data: Buffer.alloc(0),
    },
  ]);
});

test('what is no record is refused', () => {
  expect(() => traceEvents(Buffer.alloc(40, 9))).toThrow('at byte 0');
});
