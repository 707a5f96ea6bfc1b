import { LoggerModule } from 'nestjs-pino';
import { ConfigService } from './config/config.service.js';

/**
 * Polls, probes and reports come every few seconds from each host and would drown the rest; that nothing is
 * made ready to log them either is a tenth of what one of them takes.
 */
const QUIET = ['health/*path', 'v1/agent/*path', 'v1/events'];

export const LogModule = LoggerModule.forRootAsync({
  inject: [ConfigService],
  useFactory: (config: ConfigService) => ({
    exclude: QUIET,
    pinoHttp: {
      level: config.values.LOG_LEVEL,
      redact: ['req.headers.authorization'],
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
