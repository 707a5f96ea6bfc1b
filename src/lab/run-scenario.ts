import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { UsageError } from './errors.js';
import { kernelVariable } from './kernel.js';
import { buildCacheDirectory, repositoryRoot, scenarioLabDirectory } from './paths.js';
import { Scenario, type ScenarioDefinition } from './scenario.js';

const suffix = '.scenario.ts';

export interface ScenarioRunOptions {
  readonly seed?: number;
  readonly minutes?: number;
  readonly parts?: readonly string[];
  /** Leaves the guests running at the end. */
  readonly keep: boolean;
}

function scenarioFile(name: string): string {
  const directory = join(repositoryRoot(), 'test/lab');
  const file = join(directory, `${name}${suffix}`);
  if (/^[a-z0-9-]+$/.test(name) && existsSync(file)) return file;
  const known = readdirSync(directory)
    .filter((each) => each.endsWith(suffix))
    .map((each) => each.slice(0, -suffix.length));
  throw new UsageError(`There is no scenario ${name} in test/lab; there is ${known.join(', ')}.`);
}

/** Scenario files are TypeScript; what they import from node_modules is left where it is. */
async function load(name: string): Promise<ScenarioDefinition> {
  const directory = join(buildCacheDirectory(), 'scenarios');
  mkdirSync(directory, { recursive: true });
  const outfile = join(directory, `${name}.cjs`);
  await build({
    entryPoints: [scenarioFile(name)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    sourcemap: 'inline',
    logLevel: 'silent',
    external: ['esbuild'],
  });
  const module = createRequire(outfile)(outfile) as { default?: ScenarioDefinition };
  if (!module.default) {
    throw new UsageError(
      `test/lab/${name}${suffix} has no default export made with scenario(...).`,
    );
  }
  return module.default;
}

/** Runs one scenario, tells its steps, and returns whether all passed. */
export async function runScenario(
  name: string,
  options: ScenarioRunOptions,
  write: (line: string) => void,
): Promise<boolean> {
  const definition = await load(name);
  const seed = options.seed ?? randomInt(2 ** 31);
  const { minutes, parts = [] } = options;
  const scenario = new Scenario({
    directory: scenarioLabDirectory(name),
    seed,
    parts,
    write,
    ...(minutes !== undefined && { minutes }),
  });
  write(`${definition.title} (seed ${seed})`);
  await scenario.play(definition);
  if (scenario.failed > 0) {
    if (scenario.hosts.length > 0) write('Serial logs:');
    for (const host of scenario.hosts) write(`  ${host.serialLogPath}`);
    const series = process.env[kernelVariable];
    const kernel = series ? ` --kernel ${series}` : '';
    write(`Repeat it with: ops/lab run ${[name, ...parts].join(' ')} --seed ${seed}${kernel}`);
  }
  if (!options.keep) for (const host of scenario.hosts) await host.powerOff();
  write(`${scenario.passed} passed, ${scenario.failed} failed`);
  return scenario.failed === 0;
}
