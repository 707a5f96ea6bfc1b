import { writeFile } from 'node:fs/promises';
import { simulate } from '../../libs/simulation/index.js';
import { commandFor, HELP, readCommandLine, UsageError, type CommandLine } from './command-line.js';
import { render } from './report.js';

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** The sentence of an error and those of what caused it. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${sentenceOf(error.cause)}`;
}

/** Says a tenth at a time how far it is. */
function progress(hosts: number): (done: number) => void {
  const startedAt = performance.now();
  let tenths = 0;
  return (done) => {
    const now = Math.floor((10 * done) / hosts);
    if (now === tenths) return;
    tenths = now;
    const seconds = (performance.now() - startedAt) / 1000;
    say(`simulate: ${done} of ${hosts} hosts after ${seconds.toFixed(1)} s`);
  };
}

async function run(asked: CommandLine): Promise<number> {
  const { fleet, contenders, jsonFile } = asked;
  try {
    const result = simulate(fleet, contenders, progress(fleet.hosts));
    process.stdout.write(`${render(result)}\n`);
    if (jsonFile !== undefined) await writeFile(jsonFile, `${JSON.stringify(result, null, 2)}\n`);
    return 0;
  } catch (error) {
    say(`simulate: ${sentenceOf(error)}`);
    say(`simulate: seed ${fleet.seed}; to see it again: ${commandFor(asked)}`);
    return 1;
  }
}

async function main(): Promise<number> {
  try {
    const asked = readCommandLine(process.argv.slice(2));
    if (!asked.wantsHelp) return await run(asked);
    process.stdout.write(HELP);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(`simulate: ${error.message}\nTry npm run simulate -- --help`);
    return 2;
  }
}

void main().then((code) => {
  process.exitCode = code;
});
