import 'reflect-metadata';
import { createApp } from './app.js';
import { ConfigService, ConfigurationError } from './config/config.service.js';
import { bindWithoutAccessor } from './light-bind.js';

const SHUTDOWN_DEADLINE_MS = 15_000;

async function main(): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      setTimeout(() => process.exit(1), SHUTDOWN_DEADLINE_MS).unref();
    });
  bindWithoutAccessor();
  // Before anything else starts, so that a wrong environment is all there is to read.
  const { host, port } = new ConfigService().values.DMREMAP_LISTEN;
  const app = await createApp();
  await app.listen(port, host);
}

main().catch((error: unknown) => {
  const foreseen =
    error instanceof ConfigurationError ||
    (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE');
  process.stderr.write(`${foreseen ? error.message : String((error as Error).stack ?? error)}\n`);
  process.exit(1);
});
