import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeFrame, FrameReader } from './exec-client.js';

describe('frames of the exec service', () => {
  it('are the same however the stream is cut', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(payloads, fc.integer({ min: 1, max: 20 }), (list, chunk) => {
        const stream = Buffer.concat(list.map((each) => encodeFrame('O', Buffer.from(each))));
        const reader = new FrameReader();
        const read: { type: string; payload: Buffer }[] = [];
        for (let at = 0; at < stream.length; at += chunk) {
          read.push(...reader.push(stream.subarray(at, at + chunk)));
        }
        expect(read).toEqual(list.map((each) => ({ type: 'O', payload: Buffer.from(each) })));
      }),
    );
  });
});
