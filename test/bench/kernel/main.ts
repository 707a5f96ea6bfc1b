import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { messageOf, UsageError } from '../../../src/lab/errors.js';
import { type FigureName, jsonFigures, type Outcomes, renderTable } from './figures.js';
import { commits } from './commits.js';
import { ioCost } from './io-cost.js';
import { loading } from './loading.js';
import { type Measure, perform, type Wanted } from './measure.js';
import { memoryUse } from './memory-use.js';
import { moduleFile } from './module.js';
import { reloading } from './reloading.js';
import { scrubbing } from './scrubbing.js';

const help = `usage: npm run bench:kernel -- [--json FILE] [--only NAME]... [--module PATH]

Measures the kernel target in guests whose clock counts instructions, so that the figures do not
depend on the machine, and prints them beside their bars.

--json FILE    also write them as an array of {name, unit, value}
--only NAME    only figures with a bar whose name, or a part of it behind a dot, begins with NAME,
               such as memory or remaps_0, and what explains them; may be repeated
--module PATH  a dm-remap.ko, or a directory to build it in (default: kernel)
--help         this text

Exit code: 0 when all was measured, whatever the bars say; 1 when a figure is missing; 2 used wrongly.
`;

const measures: readonly Measure[] = [ioCost, loading, reloading, memoryUse, commits, scrubbing];
/** Each guest has one CPU. */
const atOnce = 2;

function options() {
  try {
    return parseArgs({
      options: {
        json: { type: 'string' },
        only: { type: 'string', multiple: true },
        module: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

/** By the beginning of its name, or of a part of it behind a dot. */
function isNamed(figure: FigureName, part: string): boolean {
  return figure.startsWith(part) || figure.includes(`.${part}`);
}

async function performAll(module: string, wanted: Wanted): Promise<Outcomes> {
  const waiting = measures.filter((measure) => measure.figures.some(wanted));
  const outcomes: Outcomes[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const start = performance.now();
      outcomes.push(await perform(next, module, wanted));
      const seconds = ((performance.now() - start) / 1000).toFixed(0);
      process.stderr.write(`${next.name}: measured in ${seconds} s\n`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return Object.assign({}, ...outcomes) as Outcomes;
}

async function bench(): Promise<number> {
  const { json, only = [''], module, help: wantsHelp } = options();
  if (wantsHelp === true) {
    process.stdout.write(help);
    return 0;
  }
  const wanted = (figure: FigureName) => only.some((part) => isNamed(figure, part));
  if (!measures.some((measure) => measure.figures.some(wanted))) {
    throw new UsageError(`No figure is called ${only.join(' or ')}.`);
  }
  const outcomes = await performAll(await moduleFile(module), wanted);
  process.stdout.write(`${renderTable(outcomes)}\n`);
  if (json !== undefined) {
    await writeFile(json, `${JSON.stringify(jsonFigures(outcomes), null, 2)}\n`);
  }
  return Object.values(outcomes).every((outcome) => typeof outcome === 'number') ? 0 : 1;
}

async function main(): Promise<void> {
  try {
    process.exitCode = await bench();
  } catch (error) {
    const usage = error instanceof UsageError;
    process.stderr.write(`${messageOf(error)}\n${usage ? `\n${help}` : ''}`);
    process.exitCode = usage ? 2 : 1;
  }
}

void main();
