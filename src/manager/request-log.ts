import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PinoLogger } from 'nestjs-pino';

/** Polls, probes and reports come every few seconds from each host and would drown the rest. */
const QUIET = /^\/(health|v1\/agent)\/|^\/v1\/events$/;

/** Logs each request when it has been answered, and as an error when the manager failed. */
export async function logRequests(app: NestFastifyApplication): Promise<void> {
  const log = await app.resolve(PinoLogger);
  const server = app.getHttpAdapter().getInstance();
  server.addHook('onResponse', ({ id, method, url, routeOptions }, reply, done) => {
    if (!QUIET.test(routeOptions.url ?? '')) {
      const { statusCode, elapsedTime } = reply;
      const line = {
        req: { id, method, url },
        res: { statusCode },
        responseTime: Math.round(elapsedTime),
      };
      if (statusCode < 500) log.info(line, 'a request was answered');
      else log.error(line, 'a request failed');
    }
    done();
  });
}
