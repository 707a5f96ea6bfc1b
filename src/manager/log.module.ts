import { LoggerModule } from 'nestjs-pino';
import { ConfigService } from './config/config.service.js';

/** Polls and probes come every few seconds and would drown the rest. */
const QUIET = /^\/(health\/|v1\/agent\/|v1\/events)/;

export const LogModule = LoggerModule.forRootAsync({
  inject: [ConfigService],
  useFactory: (config: ConfigService) => ({
    pinoHttp: {
      level: config.values.LOG_LEVEL,
      redact: ['req.headers.authorization'],
      autoLogging: { ignore: (request) => QUIET.test(request.url ?? '') },
      serializers: {
        req: ({ id, method, url }: { id: unknown; method: unknown; url: unknown }) => ({
          id,
          method,
          url,
        }),
        res: ({ statusCode }: { statusCode: unknown }) => ({ statusCode }),
      },
    },
  }),
});
