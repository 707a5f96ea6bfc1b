import { Command, Option } from 'commander';
import { Api } from './api.js';
import { renderTable } from './render/table.js';
import type { Column } from './render/table.js';
import { loadSettings } from './settings.js';

export type Output = 'table' | 'wide' | 'json';

interface ViewOptions {
  readonly output: Output;
}

interface ManagerOptions extends ViewOptions {
  readonly url?: string;
  readonly token?: string;
  readonly reason?: string;
}

/** The form that an answer is to have. */
export interface View {
  readonly output: Output;
  /** An answer: as it is for programs, as text for people. */
  readonly show: <T>(value: T, text: (value: T) => string) => void;
  /** A list; `empty` says what to do when there is nothing. */
  readonly showList: <T>(rows: readonly T[], columns: readonly Column<T>[], empty: string) => void;
}

/** What a command works with that talks to the manager. */
export interface Context extends View {
  readonly api: Api;
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

function viewFor({ output }: ViewOptions): View {
  const show: View['show'] = (value, text) => {
    print(output === 'json' ? JSON.stringify(value, null, 2) : text(value));
  };
  return {
    output,
    show,
    showList: (rows, columns, empty) => {
      if (rows.length === 0 && output !== 'json') process.stderr.write(`${empty}\n`);
      else show(rows, () => renderTable(columns, rows, output === 'wide'));
    },
  };
}

async function contextFor(options: ManagerOptions): Promise<Context> {
  const { url, token } = await loadSettings(options);
  return { api: new Api(url, token, options.reason), ...viewFor(options) };
}

const VIEW_OPTIONS = [
  new Option('-o, --output <form>', 'table for people, json for programs')
    .choices(['table', 'wide', 'json'])
    .default('table'),
];

const MANAGER_OPTIONS = [
  new Option('--url <url>', 'the manager; else DMREMAP_URL, else what login kept'),
  new Option('--token <token>', 'who you are; else DMREMAP_TOKEN, else what login kept'),
];

const REASON_OPTION = new Option('--reason <text>', 'why, for the audit log');

export interface Leaf<Arguments extends unknown[], Options extends object, With = Context> {
  /** Name and arguments, such as `show <host>`. */
  readonly usage: string;
  /** What the group does when it is given no command. */
  readonly isDefault?: boolean;
  readonly description: string;
  readonly examples: readonly string[];
  readonly options?: readonly Option[];
  readonly run: (context: With, args: Arguments, options: Options) => Promise<void>;
}

const examplesOf = new WeakMap<Command, string[]>();

const exampleText = (examples: readonly string[]): string =>
  `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`;

function add<Arguments extends unknown[], Options extends object, Given extends object, With>(
  parent: Command,
  {
    usage,
    isDefault = false,
    description,
    examples,
    options = [],
    run,
  }: Leaf<Arguments, Options, With>,
  common: readonly Option[],
  contextOf: (given: Given) => With | Promise<With>,
): Command {
  const command = parent.command(usage, { isDefault }).description(description);
  for (const option of [...options, ...common]) command.addOption(option);
  command.addHelpText('after', exampleText(examples));
  examplesOf.get(parent)?.push(...examples.slice(0, 1));
  command.action(async (...passed: unknown[]) => {
    const given = command.opts<Options & Given>();
    await run(await contextOf(given), passed.slice(0, -2) as Arguments, given);
  });
  return command;
}

/** Adds a command that talks to the manager. */
export function leaf<Arguments extends unknown[], Options extends object>(
  parent: Command,
  described: Leaf<Arguments, Options>,
): Command {
  return add(parent, described, [...VIEW_OPTIONS, ...MANAGER_OPTIONS], contextFor);
}

/** Adds a command that changes something, for which a reason may be given. */
export function change<Arguments extends unknown[], Options extends object>(
  parent: Command,
  described: Leaf<Arguments, Options>,
): Command {
  return add(parent, described, [REASON_OPTION, ...VIEW_OPTIONS, ...MANAGER_OPTIONS], contextFor);
}

/** Adds a command that works on this host and needs no manager. */
export function localLeaf<Arguments extends unknown[], Options extends object>(
  parent: Command,
  described: Leaf<Arguments, Options, View>,
): Command {
  return add(parent, described, VIEW_OPTIONS, viewFor);
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
