import { connect, type Socket } from 'node:net';
import { LabError } from './errors.js';

/** Frame types of guest/exec-service.c, which defines the protocol. */
export const frameType = {
  token: 'T',
  command: 'C',
  terminal: 'P',
  input: 'I',
  endOfInput: 'Z',
  windowSize: 'W',
  output: 'O',
  error: 'E',
  exit: 'X',
  refused: 'F',
} as const;

export type FrameType = (typeof frameType)[keyof typeof frameType];

const headerBytes = 5;

export function encodeFrame(type: FrameType, payload: Buffer | string = ''): Buffer {
  const body = Buffer.from(payload);
  const header = Buffer.alloc(headerBytes);
  header.write(type, 'latin1');
  header.writeUInt32BE(body.length, 1);
  return Buffer.concat([header, body]);
}

/** Cuts a stream of bytes into frames, however they arrive. */
export class FrameReader {
  private pending: Buffer = Buffer.alloc(0);

  *push(chunk: Buffer): Generator<{ type: string; payload: Buffer }> {
    this.pending = this.pending.length > 0 ? Buffer.concat([this.pending, chunk]) : chunk;
    while (this.pending.length >= headerBytes) {
      const end = headerBytes + this.pending.readUInt32BE(1);
      if (this.pending.length < end) return;
      const frame = this.pending.subarray(0, end);
      this.pending = this.pending.subarray(end);
      yield {
        type: String.fromCharCode(frame.readUInt8(0)),
        payload: frame.subarray(headerBytes),
      };
    }
  }
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

export interface Conversation {
  readonly socket: Socket;
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
}

/** Starts one command; `opening` is its command or terminal frame. */
export function converse(
  endpoint: Endpoint,
  opening: Buffer,
  on: { output: (data: Buffer) => void; error: (data: Buffer) => void },
): Conversation {
  const socket = connect(endpoint.port, '127.0.0.1');
  socket.setNoDelay(true);
  socket.write(Buffer.concat([encodeFrame(frameType.token, endpoint.token), opening]));
  const reader = new FrameReader();
  const ended = new Promise<number>((resolve, reject) => {
    socket.on('data', (chunk) => {
      for (const { type, payload } of reader.push(chunk)) {
        if (type === frameType.output) on.output(payload);
        else if (type === frameType.error) on.error(payload);
        else if (type === frameType.exit) resolve(payload.readInt32BE(0));
        else reject(new LabError(`${endpoint.host} refused the command: ${payload.toString()}`));
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      reject(new LabError(`${endpoint.host} went away while a command was running.`));
    });
  });
  void ended.finally(() => socket.destroy()).catch(() => undefined);
  return { socket, ended };
}
