import { createServer } from 'node:net';
import { errorCodeOf, PermanentError } from './base/errors.js';

/**
 * Holds a name in the abstract socket namespace: two agents on one host would undo each other's work,
 * and the kernel lets go of the name however this one ends.
 */
export async function becomeTheOnlyInstance(stateDir: string): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const taken = errorCodeOf(error) === 'EADDRINUSE';
      reject(taken ? new PermanentError('another dm-remap-daemon runs on this host') : error);
    });
    server.listen(`\0dm-remap-daemon:${stateDir}`, resolve);
  });
  server.unref();
}
