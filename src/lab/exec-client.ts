import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { LabError } from './errors.js';

/** Frame types of guest/exec-service.c, which defines the protocol. */
export const frameType = {
  ready: 'R',
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

const greetingTimeoutMs = 30_000;
const pauseMs = 50;

const gone = ({ host }: Endpoint) =>
  new LabError(`${host} went away before a command could start.`);

/** A connection that the guest serves; nothing if it was lost before the guest said so. */
function connectOnce(endpoint: Endpoint, signal?: AbortSignal): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(endpoint.port, '127.0.0.1').setNoDelay(true);
    const abort = () => socket.destroy();
    signal?.addEventListener('abort', abort);
    socket.setTimeout(greetingTimeoutMs, abort);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(gone(endpoint));
    });
    socket.once('data', () => {
      socket.setTimeout(0);
      resolve(socket);
    });
    socket.once('close', () => {
      signal?.removeEventListener('abort', abort);
      resolve(undefined);
    });
  });
}

async function connectPatiently(endpoint: Endpoint, signal?: AbortSignal): Promise<Socket> {
  const end = Date.now() + greetingTimeoutMs;
  while (!signal?.aborted && Date.now() < end) {
    const socket = await connectOnce(endpoint, signal);
    if (socket) return socket;
    await setTimeout(pauseMs);
  }
  throw gone(endpoint);
}

const lastTurns = new Map<number, Promise<unknown>>();

/**
 * One at a time to each guest: QEMU's network listens with a backlog of one, and what comes while it
 * is full waits for a second or is reset.
 */
function connectInTurn(endpoint: Endpoint, signal?: AbortSignal): Promise<Socket> {
  const connecting = () => connectPatiently(endpoint, signal);
  const turn = (lastTurns.get(endpoint.port) ?? Promise.resolve()).then(connecting, connecting);
  lastTurns.set(endpoint.port, turn);
  return turn;
}

export interface Listener {
  /** The command is on its way; its input may follow. */
  readonly started: (socket: Socket) => void;
  readonly output: (data: Buffer) => void;
  readonly error: (data: Buffer) => void;
}

/**
 * Runs one command and resolves with its exit code; `opening` is its command or terminal frame. It is
 * killed, or never starts, if the signal is aborted.
 */
export async function converse(
  endpoint: Endpoint,
  opening: Buffer,
  on: Listener,
  signal?: AbortSignal,
): Promise<number> {
  const socket = await connectInTurn(endpoint, signal);
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
    socket.on('close', () => {
      reject(new LabError(`${endpoint.host} went away while a command was running.`));
    });
  });
  try {
    socket.write(Buffer.concat([encodeFrame(frameType.token, endpoint.token), opening]));
    on.started(socket);
    return await ended;
  } finally {
    socket.destroy();
  }
}
