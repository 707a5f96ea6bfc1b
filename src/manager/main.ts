import 'reflect-metadata';
import { createApp } from './app.js';
import { ConfigService, ConfigurationError } from './config/config.service.js';
import { bindWithoutAccessor } from './light-bind.js';

const SHUTDOWN_DEADLINE_MS = 15_000;

/**
 * Connections that may wait to be accepted, as many as Linux allows unless told otherwise (net.core.somaxconn).
 * With Node's 511 a pause of half a second turns hosts of a large fleet away, who try again after one second,
 * then three, then seven.
 */
const BACKLOG = 4096;

async function main(): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      setTimeout(() => process.exit(1), SHUTDOWN_DEADLINE_MS).unref();
    });
  bindWithoutAccessor();
  // Before anything else starts, so that a wrong environment is all there is to read.
  const { host, port } = new ConfigService().values.DMREMAP_LISTEN;
  const app = await createApp();
  await app.listen({ port, host, backlog: BACKLOG });
}

main().catch((error: unknown) => {
  const foreseen =
    error instanceof ConfigurationError ||
    (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE');
  process.stderr.write(`${foreseen ? error.message : String((error as Error).stack ?? error)}\n`);
  process.exit(1);
});
