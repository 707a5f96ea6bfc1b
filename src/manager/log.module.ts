import { LoggerModule } from 'nestjs-pino';
import { ConfigService } from './config/config.service.js';

/**
 * For no route: so that whatever a request calls finds the request's logger, Node 20 would follow each promise that
 * anybody makes from then on, at the cost of all requests. `logRequests` tells of requests instead.
 */
export const LogModule = LoggerModule.forRootAsync({
  inject: [ConfigService],
  useFactory: (config: ConfigService) => ({
    forRoutes: [],
    pinoHttp: { level: config.values.LOG_LEVEL },
  }),
});
