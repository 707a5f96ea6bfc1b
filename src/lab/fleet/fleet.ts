import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from '../errors.js';
import { ManagerApi } from './api.js';
import { ManagerProcess } from './manager.js';
import { type FleetSettings, startServices, stopServices } from './services.js';

/** A loopback port that nothing listens on now. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
  });
}

/** Asks again until the answer is not undefined. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new LabError(`Waited ${timeoutMs / 1000} s in vain until ${what}.`);
    await sleep(250);
  }
}

/** PostgreSQL, Redis and the manager on this machine. */
export class ManagerSide {
  readonly manager: ManagerProcess;
  readonly api: ManagerApi;

  constructor(readonly settings: FleetSettings) {
    this.manager = new ManagerProcess(settings);
    this.api = new ManagerApi(this.manager.url, this.manager.token);
  }

  async start(): Promise<void> {
    await this.manager.start(await startServices(this.settings));
  }

  async stop(): Promise<void> {
    await this.manager.stop();
    await stopServices(this.settings);
  }
}
