import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { buildManager } from '../../support/build.js';
import { Manager, newBacking } from '../../support/manager.js';
import type { Services } from '../../support/services.js';
import { balance } from './balance.js';
import { bootSeconds } from './boot.js';
import { figures, jsonFigures, renderTable, type Outcomes } from './figures.js';
import { LARGE } from './fleet.js';
import { gateway } from './gateway.js';
import { placement } from './placement.js';
import { withManager, withServices } from './running.js';

const help = `usage: npm run bench:placement -- [--json FILE] [--only NAME]...

Measures the manager on PostgreSQLs and Redises of its own, and prints its figures beside their bars.

--json FILE    also write them as an array of {name, unit, value}
--only NAME    only figures whose name begins with NAME: placement, balance, gateway, boot; may be repeated
--hosts N      agents of the gateway, 10000 unless told
--help         this text

Exit code: 0 when all was measured, whatever the bars say; 1 when a figure is missing; 2 used wrongly.
`;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function balanced(): Outcomes {
  const { stddevPercent, overOptimum } = balance({ operations: 200_000, seed: 1 });
  return { 'balance.stddev_percent': stddevPercent, 'balance.over_optimum': overOptimum };
}

async function agents(services: Services, hosts: number): Promise<Outcomes> {
  return withManager(services, async ({ manager, backing, client }) => {
    const measured = await gateway(manager, backing, client, hosts, say);
    return {
      'gateway.hosts': measured.hosts,
      'gateway.report_p99_ms': measured.reportP99Ms,
      'gateway.memory_mib': measured.memoryMib,
      'gateway.fanout_p99_ms': measured.fanoutP99Ms,
      'gateway.fanout_p50_ms': measured.fanoutP50Ms,
      'gateway.reports_per_s': measured.reportsPerSecond,
    };
  });
}

async function boot(services: Services): Promise<Outcomes> {
  // The first manager makes the tables, and is gone when the second begins.
  const backing = await newBacking(services);
  await (await Manager.startReady(backing)).kill('SIGTERM');
  const client = new Client({ connectionString: backing.databaseUrl });
  await client.connect();
  try {
    return { 'boot.seconds': await bootSeconds(backing, client, LARGE, 1_000_000) };
  } finally {
    await client.end();
  }
}

type Measure = (services: Services, hosts: number) => Promise<Outcomes> | Outcomes;

const MEASURES: readonly [string, Measure][] = [
  ['placement', (services) => placement(services, say)],
  ['balance', balanced],
  ['gateway', agents],
  ['boot', boot],
];

/** What goes wrong is the outcome of all figures with a bar, and the others are measured all the same. */
async function outcomesOf(
  name: string,
  measure: () => Promise<Outcomes> | Outcomes,
): Promise<Outcomes> {
  try {
    return await measure();
  } catch (error) {
    const [missing = ''] = String(error).split('\n');
    const barred = figures.filter(
      (figure) => ('bar' in figure || 'floor' in figure) && figure.name.startsWith(`${name}.`),
    );
    return Object.fromEntries(barred.map((figure) => [figure.name, { missing }]));
  }
}

async function bench(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      only: { type: 'string', multiple: true },
      hosts: { type: 'string', default: '10000' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const { only = [''], json, hosts } = values;
  if (!/^[1-9]\d{0,5}$/.test(hosts)) {
    process.stderr.write(`--hosts cannot be ${hosts}\n\n${help}`);
    return 2;
  }
  await buildManager();
  const outcomes: Outcomes = {};
  await withServices(async (services) => {
    for (const [name, measure] of MEASURES)
      if (only.some((part) => name.startsWith(part) || part.startsWith(name)))
        Object.assign(outcomes, await outcomesOf(name, () => measure(services, Number(hosts))));
  });
  process.stdout.write(`${renderTable(outcomes)}\n`);
  if (json !== undefined)
    await writeFile(json, `${JSON.stringify(jsonFigures(outcomes), null, 2)}\n`);
  return Object.values(outcomes).every((outcome) => typeof outcome === 'number') ? 0 : 1;
}

bench().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
    process.exitCode = 1;
  },
);
