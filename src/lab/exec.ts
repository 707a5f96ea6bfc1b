import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { converse, encodeFrame, type Endpoint, frameType } from './exec-client.js';
import { LabError } from './errors.js';

export interface ExecOptions {
  /** Default two minutes; 0 waits for ever. The command is killed when it passes. */
  readonly timeoutMs?: number;
  /** A stream is passed on as it comes, and need not have ended when the command does. */
  readonly input?: string | Buffer | Readable;
  readonly onStdout?: (data: Buffer) => void;
  readonly onStderr?: (data: Buffer) => void;
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const defaultTimeoutMs = 120_000;
const inputChunkBytes = 1 << 20;

function* chunks(input: Buffer): Generator<Buffer> {
  for (let at = 0; at < input.length; at += inputChunkBytes) {
    yield input.subarray(at, at + inputChunkBytes);
  }
}

/** Passes input on until it or the conversation ends. */
function feed(socket: Socket, input: string | Buffer | Readable): void {
  const source = input instanceof Readable ? input : Readable.from(chunks(Buffer.from(input)));
  source.on('data', (chunk: Buffer) => {
    if (socket.write(encodeFrame(frameType.input, chunk))) return;
    source.pause();
    socket.once('drain', () => source.resume());
  });
  source.once('end', () => socket.write(encodeFrame(frameType.endOfInput)));
  socket.once('close', () => source.destroy());
}

/** Runs a bash command in the guest; a non-zero exit code is a result, not an error. */
export async function execute(
  endpoint: Endpoint,
  command: string,
  options: ExecOptions = {},
): Promise<ExecResult> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const late = timeoutMs === 0 ? undefined : AbortSignal.timeout(timeoutMs);
  const code = await converse(
    endpoint,
    encodeFrame(frameType.command, command),
    {
      started: (socket) => {
        feed(socket, options.input ?? '');
      },
      output: (data) => {
        stdout.push(data);
        options.onStdout?.(data);
      },
      error: (data) => {
        stderr.push(data);
        options.onStderr?.(data);
      },
    },
    late,
  ).catch((error: unknown) => {
    if (!late?.aborted) throw error;
    throw new LabError(`${endpoint.host}: no end after ${timeoutMs / 1000} s, killed: ${command}`);
  });
  return {
    code,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}
