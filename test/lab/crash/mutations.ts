import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UsageError } from '../../../src/lab/errors.js';
import { buildCacheDirectory, repositoryRoot } from '../../../src/lab/paths.js';
import { runProgram } from '../../../src/lab/programs.js';
import { Scenario, scenario } from '../../../src/lab/scenario.js';
import { umlModuleFrom } from '../../../src/lab/uml/module.js';
import { onStage, type UmlBuild } from '../uml/stage.js';
import { crashes, type CrashSettings, type CrashTally } from './crashes.js';

const patches = () => join(repositoryRoot(), 'test/lab/crash/mutations');

export async function mutationNames(): Promise<string[]> {
  const files = await readdir(patches());
  return files.map((file) => file.replace(/\.patch$/, '')).sort();
}

/** The target with one thing made wrong. */
async function mutant(build: UmlBuild, name: string): Promise<string> {
  const sources = join(buildCacheDirectory(), 'mutant');
  await rm(sources, { recursive: true, force: true });
  await cp(join(repositoryRoot(), 'kernel'), join(sources, 'kernel'), { recursive: true });
  const patch = join(patches(), `${name}.patch`);
  await runProgram('patch', ['-s', '-p1', '-d', sources, '-i', patch]);
  // Nothing of the mutant before may be left in it.
  await rm(join(buildCacheDirectory(), 'uml-mutant'), { recursive: true, force: true });
  return umlModuleFrom(build.kernel, join(sources, 'kernel'), 'uml-mutant', 'dm-remap.ko');
}

interface Verdict {
  readonly caught: boolean;
  readonly states: number;
  /** The first thing that was found. */
  readonly by: string;
}

async function tryMutant(
  s: Scenario,
  build: UmlBuild,
  name: string,
  settings: CrashSettings,
): Promise<Verdict> {
  const lines: string[] = [];
  const directory = join(s.directory, name);
  const trial = new Scenario({
    ...{ directory, seed: s.seed, write: (line: string) => lines.push(line.trim()) },
  });
  let tally: CrashTally | undefined;
  await trial.play(
    scenario(name, async () => {
      const module = await mutant(build, name);
      const options = { memoryMiB: 768, parameters: ['kmemleak=off'] };
      await onStage(
        trial,
        { ...build, module },
        'crash',
        async (stage) => {
          tally = await crashes(trial, build, stage, settings);
        },
        options,
      );
    }),
  );
  await writeFile(join(directory, 'output'), `${lines.join('\n')}\n`);
  const found =
    lines.find((line) => line.startsWith('after event')) ??
    lines.find((line) => line.includes('FAIL'));
  return { caught: trial.failed > 0, states: tally?.states ?? 0, by: found ?? '' };
}

/** Whether each wrong target is found out. */
export async function tryMutations(
  s: Scenario,
  build: UmlBuild,
  wanted: readonly string[],
  settings: CrashSettings,
): Promise<void> {
  const known = await mutationNames();
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`There is no mutation ${unknown}; there is ${known.join(', ')}.`);
  }
  for (const name of wanted.length > 0 ? wanted : known) {
    const why = (await readFile(join(patches(), `${name}.patch`), 'utf8')).split('\n')[0] ?? '';
    try {
      const { caught, states, by } = await tryMutant(s, build, name, settings);
      s.check(`${name} is found out (${states} states)`, caught, why);
      if (caught) s.note(by);
    } catch (error) {
      s.check(`${name} can be tried`, false, messageOf(error));
    }
  }
}
