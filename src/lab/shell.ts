import type { Socket } from 'node:net';
import { converse, encodeFrame, type Endpoint, frameType } from './exec-client.js';
import { LabError } from './errors.js';

function windowSize(): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt16BE(process.stdout.rows, 0);
  size.writeUInt16BE(process.stdout.columns, 2);
  return size;
}

/** Joins this terminal to a command in the guest; returns what parts them. */
function joinTerminal(socket: Socket): () => void {
  const type = (data: Buffer) => socket.write(encodeFrame(frameType.input, data));
  const resize = () => socket.write(encodeFrame(frameType.windowSize, windowSize()));
  process.stdin.setRawMode(true);
  process.stdin.on('data', type);
  process.stdout.on('resize', resize);
  return () => {
    process.stdin.setRawMode(false);
    process.stdin.off('data', type);
    process.stdin.pause();
    process.stdout.off('resize', resize);
  };
}

/** Joins this terminal to a login shell in the guest; resolves with the shell's exit code. */
export async function interactiveShell(endpoint: Endpoint): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new LabError(
      `A shell needs a terminal. For one command use: ops/lab exec ${endpoint.host} -- CMD`,
    );
  }
  const opening = Buffer.concat([windowSize(), Buffer.from('exec bash -l')]);
  let part: () => void = () => undefined;
  try {
    return await converse(endpoint, encodeFrame(frameType.terminal, opening), {
      started: (socket) => {
        part = joinTerminal(socket);
      },
      output: (data) => process.stdout.write(data),
      error: (data) => process.stderr.write(data),
    });
  } finally {
    part();
  }
}
