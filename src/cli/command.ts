import { Command, Option } from 'commander';
import { Api } from './api.js';
import { renderTable } from './render/table.js';
import type { Column } from './render/table.js';
import { loadSettings } from './settings.js';

export type Output = 'table' | 'wide' | 'json';

interface CommonOptions {
  readonly url?: string;
  readonly token?: string;
  readonly output: Output;
}

/** What a command works with: the manager, and the form its answer is to have. */
export interface Context {
  readonly api: Api;
  readonly output: Output;
  /** An answer: as it is for programs, as text for people. */
  readonly show: <T>(value: T, text: (value: T) => string) => void;
  /** A list; `empty` says what to do when there is nothing. */
  readonly showList: <T>(rows: readonly T[], columns: readonly Column<T>[], empty: string) => void;
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function contextFor(options: CommonOptions): Promise<Context> {
  const { url, token } = await loadSettings(options);
  const { output } = options;
  const show: Context['show'] = (value, text) => {
    print(output === 'json' ? JSON.stringify(value, null, 2) : text(value));
  };
  return {
    api: new Api(url, token),
    output,
    show,
    showList: (rows, columns, empty) => {
      if (rows.length === 0 && output !== 'json') process.stderr.write(`${empty}\n`);
      else show(rows, () => renderTable(columns, rows, output === 'wide'));
    },
  };
}

const COMMON_OPTIONS = [
  new Option('-o, --output <form>', 'table for people, json for programs')
    .choices(['table', 'wide', 'json'])
    .default('table'),
  new Option('--url <url>', 'the manager; else DMREMAP_URL, else what login kept'),
  new Option('--token <token>', 'who you are; else DMREMAP_TOKEN, else what login kept'),
];

export interface Leaf<Arguments extends unknown[], Options extends object> {
  /** Name and arguments, such as `show <host>`. */
  readonly usage: string;
  readonly description: string;
  readonly examples: readonly string[];
  readonly options?: readonly Option[];
  readonly run: (context: Context, args: Arguments, options: Options) => Promise<void>;
}

const examplesOf = new WeakMap<Command, string[]>();

const exampleText = (examples: readonly string[]): string =>
  `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`;

/** Adds a command that talks to the manager. */
export function leaf<Arguments extends unknown[], Options extends object>(
  parent: Command,
  { usage, description, examples, options = [], run }: Leaf<Arguments, Options>,
): Command {
  const command = parent.command(usage).description(description);
  for (const option of [...options, ...COMMON_OPTIONS]) command.addOption(option);
  command.addHelpText('after', exampleText(examples));
  examplesOf.get(parent)?.push(...examples.slice(0, 1));
  command.action(async (...passed: unknown[]) => {
    const given = command.opts<Options & CommonOptions>();
    const context = await contextFor(given);
    await run(context, passed.slice(0, -2) as Arguments, given);
  });
  return command;
}

/** Adds a command that only holds others. */
export function group(parent: Command, name: string, description: string): Command {
  const examples: string[] = [];
  const command = parent
    .command(name)
    .description(description)
    .showHelpAfterError()
    .addHelpText('after', () => exampleText(examples));
  examplesOf.set(command, examples);
  return command;
}

/** The text of an action that has nothing else to show. */
export function done(context: Context, value: object, text: string): void {
  context.show(value, () => text);
}
