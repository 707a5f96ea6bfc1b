import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import fc from 'fast-check';
import { converse, encodeFrame, frameType, FrameReader } from './exec-client.js';

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

describe('a command', () => {
  /** Runs one against a guest that does this with each connection, counted from 0. */
  async function against(guest: (socket: Socket, connection: number) => void): Promise<number> {
    let connections = 0;
    const server = createServer((socket) => {
      guest(
        socket.on('error', () => undefined),
        connections++,
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      return await converse(
        { host: 'h1', port, token: 'secret' },
        encodeFrame(frameType.command, 'true'),
        { started: () => undefined, output: () => undefined, error: () => undefined },
      );
    } finally {
      server.close();
    }
  }

  function serve(socket: Socket, answer: (heard: Buffer) => void): void {
    socket.write(encodeFrame(frameType.ready));
    socket.once('data', answer);
  }

  const exitCode = Buffer.from([0, 0, 0, 7]);

  it('is sent on another connection if one is lost before the guest speaks', async () => {
    const code = against((socket, connection) => {
      if (connection < 2) socket.resetAndDestroy();
      else serve(socket, () => socket.write(encodeFrame(frameType.exit, exitCode)));
    });
    await expect(code).resolves.toBe(7);
  });

  it('is never sent a second time', async () => {
    let heard = 0;
    const code = against((socket) => {
      serve(socket, () => {
        heard++;
        socket.resetAndDestroy();
      });
    });
    await expect(code).rejects.toThrow('h1 went away while a command was running.');
    expect(heard).toBe(1);
  });
});
