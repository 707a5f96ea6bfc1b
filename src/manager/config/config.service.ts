import { Injectable } from '@nestjs/common';
import { z } from 'zod';

const Listen = z.string().transform((text, context) => {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host !== undefined && port <= 65_535) return { host, port };
  context.addIssue('must be HOST:PORT, for example 127.0.0.1:7070');
  return z.NEVER;
});

const Environment = z.object({
  DATABASE_URL: z.url({
    protocol: /^postgres(ql)?$/,
    error:
      'must be postgres://USER:PASSWORD@HOST:PORT/DATABASE; `ops/services up --print-env` gives one',
  }),
  REDIS_URL: z.url({
    protocol: /^rediss?$/,
    error: 'must be redis://[:PASSWORD@]HOST:PORT/DB; `ops/services up --print-env` gives one',
  }),
  DMREMAP_LISTEN: Listen.prefault('127.0.0.1:7070'),
  DMREMAP_ADMIN_TOKEN: z
    .string('must be set: the token of the first administrator')
    .min(32, 'must have at least 32 characters, for example `openssl rand -hex 32`'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
export type Environment = z.infer<typeof Environment>;

export class ConfigurationError extends Error {}

@Injectable()
export class ConfigService {
  readonly values: Environment;

  constructor() {
    const parsed = Environment.safeParse(process.env);
    if (!parsed.success)
      throw new ConfigurationError(
        ['The manager cannot start; the environment needs a correction:']
          .concat(parsed.error.issues.map((i) => `  ${i.path.join('.')}: ${i.message}`))
          .join('\n'),
      );
    this.values = parsed.data;
  }
}
