import { parseArgs } from 'node:util';
import { commands } from './commands.js';
import { hasCode, messageOf, UsageError } from './errors.js';
import { helpFor, isCommand, overview } from './help.js';
import { chooseKernel } from './kernel.js';
import { Lab } from './lab.js';
import { defaultLabDirectory } from './paths.js';

const flags = {
  help: { type: 'boolean', short: 'h' },
  lab: { type: 'string' },
  kernel: { type: 'string' },
  wipe: { type: 'boolean' },
  timeout: { type: 'string' },
  sectors: { type: 'string' },
  reads: { type: 'boolean' },
  writes: { type: 'boolean' },
  seed: { type: 'string' },
  minutes: { type: 'string' },
  keep: { type: 'string' },
  'keep-running': { type: 'boolean' },
} as const;

function parse(words: readonly string[]) {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  const rest = end < 0 ? [] : words.slice(end + 1);
  try {
    const { values, positionals } = parseArgs({
      args: [...own],
      options: flags,
      allowPositionals: true,
    });
    return { values, positionals, rest };
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

async function lab(words: readonly string[]): Promise<number> {
  const { values, positionals, rest } = parse(words);
  const [name, ...others] = positionals;
  if (name === undefined) {
    process.stdout.write(overview());
    return values.help === true ? 0 : 2;
  }
  if (!isCommand(name)) throw new UsageError(`There is no command ${name}.`);
  if (values.help === true) {
    process.stdout.write(helpFor(name));
    return 0;
  }
  if (values.kernel !== undefined) chooseKernel(values.kernel);
  const opened = Lab.open(values.lab ?? defaultLabDirectory());
  return commands[name](opened, { positionals: others, rest, flags: values });
}

async function main(): Promise<void> {
  try {
    process.exitCode = await lab(process.argv.slice(2));
  } catch (error) {
    const usage = error instanceof UsageError;
    process.stderr.write(`${messageOf(error)}\n${usage ? 'See: ops/lab --help\n' : ''}`);
    process.exitCode = usage ? 2 : 1;
  }
}

process.stdout.on('error', (error) => {
  if (!hasCode(error, 'EPIPE')) throw error;
});
void main();
