import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PinoLogger } from 'nestjs-pino';

/** Polls, probes and reports come every few seconds from each host and would drown the rest. */
const QUIET = /^\/(health|v1\/agent)\/|^\/v1\/events$/;

/** Logs each request when it has been answered, and as an error when the manager failed. */
export async function logRequests(app: NestFastifyApplication): Promise<void> {
  const log = await app.resolve(PinoLogger);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook(
      'onResponse',
      ({ id, method, url, routeOptions }, { statusCode, elapsedTime }, done) => {
        if (!QUIET.test(routeOptions.url ?? ''))
          log[statusCode < 500 ? 'info' : 'error'](
            {
              req: { id, method, url },
              res: { statusCode },
              responseTime: Math.round(elapsedTime),
            },
            statusCode < 500 ? 'a request was answered' : 'a request failed',
          );
        done();
      },
    );
}
