import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, UsageError } from '../../../src/lab/errors.js';
import { scenarioLabDirectory } from '../../../src/lab/paths.js';
import { Scenario, scenario } from '../../../src/lab/scenario.js';
import { umlModuleFrom } from '../../../src/lab/uml/module.js';
import { buildForUml, onStage } from '../uml/stage.js';
import { crashes } from './crashes.js';
import { tryMutations } from './mutations.js';
import { replaySaved } from './saved-life.js';

const settings = { operations: 2000, drawn: 2, samples: 60 };

const help = `usage: npm run test:kernel:crash -- [--seed N] [--states N] [--module DIR]
       npm run test:kernel:crash -- --replay DIR [--faults N]
       npm run test:kernel:crash -- --mutations [--seed N] [--states N] [NAME...]

Runs loads on the kernel target in user-mode Linux, on disks that lose what was not flushed, and looks at
what a crash may leave at each moment: the target has to come up, each sector has to hold what was last
flushed or something younger, and the kernel has to read the same from a sample.

--seed N      what all choices follow from (default: drawn, and printed)
--states N    at least so many states (default 100000)
--module DIR  sources of the target (default: kernel)
--replay DIR  looks again at a load that was kept because something was wrong with it
--faults N    how many faults of it are shown (default 5)
--mutations   does the same with targets that have one thing made wrong (test/lab/crash/mutations), each of
              which has to be found out
--help        this text

A seed repeats what is done, not how the threads of a load meet; a load that shows a fault is kept for that.
Exit code: 0 when all is right, 1 when something is wrong, 2 used wrongly.
`;

const say = (line: string) => process.stdout.write(`${line}\n`);

function options() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string' },
        states: { type: 'string' },
        module: { type: 'string' },
        replay: { type: 'string' },
        faults: { type: 'string' },
        mutations: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

function count(flag: string, given: string | undefined, otherwise: number): number {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (Number.isInteger(value) && value >= 1 && value < 2 ** 31) return value;
  throw new UsageError(`--${flag} takes a whole number of at least 1, not ${given}.`);
}

async function replay(directory: string, faultsWanted: number): Promise<number> {
  const { faults, states, events } = await replaySaved(directory, faultsWanted);
  for (const { event, survival, what } of faults) {
    const notes = events.slice(0, event + 1).filter((each) => each.kind === 'note');
    for (const note of notes.slice(-4)) say(`    ${note.text}`);
    say(`after event ${event}, when ${survival} survives: ${what}`);
  }
  say(`${states} states, ${faults.length} faults`);
  return faults.length > 0 ? 1 : 0;
}

async function run(): Promise<number> {
  const { values: given, positionals } = options();
  if (given.help === true) {
    process.stdout.write(help);
    return 0;
  }
  if (given.replay !== undefined) return replay(given.replay, count('faults', given.faults, 5));
  const seed = count('seed', given.seed, randomInt(1, 2 ** 31));
  const states = count('states', given.states, 100_000);
  const s = new Scenario({
    ...{ directory: scenarioLabDirectory('crash'), seed, write: say },
  });
  const started = Date.now();
  say(`crashes of the kernel target (seed ${seed})`);
  await s.play(
    scenario('crashes', async () => {
      const build = await buildForUml(s);
      if (given.mutations === true) {
        await tryMutations(s, build, positionals, { ...settings, states });
        return;
      }
      const module = given.module
        ? await umlModuleFrom(build.kernel, given.module, 'uml-module-given', 'dm-remap.ko')
        : build.module;
      await onStage(
        s,
        { ...build, module },
        'crash',
        async (stage) => {
          const tally = await crashes(s, build, stage, { ...settings, states });
          const minutes = (Date.now() - started) / 60_000;
          s.note(
            `${tally.states} states at ${tally.moments} moments, ${(tally.states / minutes).toFixed(0)} a minute`,
          );
        },
        { memoryMiB: 768, parameters: ['kmemleak=off'] },
      );
    }),
  );
  if (s.failed > 0) {
    say(`Logs: ${join(s.directory)}`);
    say(`Repeat it with: npm run test:kernel:crash -- --seed ${seed} --states ${states}`);
  }
  say(`${s.passed} passed, ${s.failed} failed`);
  return s.failed > 0 ? 1 : 0;
}

async function main(): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

void main();
