import { Client } from 'pg';
import { Manager, newBacking, type Backing } from '../../support/manager.js';
import { Services } from '../../support/services.js';

/** A manager with books of its own, and what it stands on. */
export interface Running {
  services: Services;
  backing: Backing;
  manager: Manager;
  /** Of its database. */
  client: Client;
}

export async function withServices<T>(work: (services: Services) => Promise<T>): Promise<T> {
  const services = await Services.start();
  try {
    return await work(services);
  } finally {
    await services.remove();
  }
}

export async function withManager<T>(
  services: Services,
  work: (running: Running) => Promise<T>,
): Promise<T> {
  const backing = await newBacking(services);
  const manager = await Manager.startReady(backing);
  const client = new Client({ connectionString: backing.databaseUrl });
  try {
    await client.connect();
    return await work({ services, backing, manager, client });
  } finally {
    await client.end();
    await manager.kill('SIGTERM');
  }
}
