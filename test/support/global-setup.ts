import { buildManager } from './build';
import { Services } from './services';

declare global {
  var integrationServices: Services | undefined;
}

/** Starts the services that most tests share. */
export default async function setup(): Promise<void> {
  await buildManager();
  globalThis.integrationServices = await Services.start();
  process.env.TEST_DATABASE_URL = globalThis.integrationServices.databaseUrl;
  process.env.TEST_REDIS_URL = globalThis.integrationServices.redisUrl;
}
