import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ADMIN_TOKEN, type Backing } from './manager';
import { Api } from './api';

/** The manager within the test's own process, so that its parts can be looked at. */
export async function startInProcess({
  databaseUrl,
  redisUrl,
}: Backing): Promise<{ app: NestFastifyApplication; api: Api }> {
  Object.assign(process.env, {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    DMREMAP_ADMIN_TOKEN: ADMIN_TOKEN,
    LOG_LEVEL: 'silent',
  });
  const { createApp } = await import('../../src/manager/app.js');
  const app = await createApp();
  await app.listen(0, '127.0.0.1');
  return { app, api: new Api(await app.getUrl(), ADMIN_TOKEN) };
}
