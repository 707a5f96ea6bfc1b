import { Command, CommanderError } from 'commander';
import { CliError, EXIT } from './errors.js';
import { createProgram } from './program.js';

/** commander's own errors are about usage; help and version are none. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  return EXIT.failed;
}

function overrideExits(command: Command): Command {
  command.exitOverride();
  command.commands.forEach(overrideExits);
  return command;
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : EXIT.failed);
});

overrideExits(createProgram())
  .parseAsync()
  .catch((error: unknown) => {
    if (!(error instanceof CommanderError)) {
      const message = error instanceof Error ? error.message : String(error);
      process.stderr.write(`dmremap: ${message}\n`);
    }
    process.exitCode = exitCodeOf(error);
  });
