import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { buildManager } from '../../support/build.js';
import { Manager, newBacking, type Backing } from '../../support/manager.js';
import { Services } from '../../support/services.js';
import { balance } from './balance.js';
import { bootSeconds } from './boot.js';
import { postgresCpu, processCpu } from './cpu-time.js';
import { durableRate } from './durable.js';
import { figures, jsonFigures, renderTable, type Outcomes } from './figures.js';
import { writeFleet, writeNeeds, type FleetSize } from './fleet.js';
import { floorRate } from './floor.js';
import { gateway } from './gateway.js';
import { latency } from './latency.js';

const help = `usage: npm run bench:placement -- [--json FILE] [--only NAME]...

Measures the manager on a PostgreSQL and a Redis of its own, and prints its figures beside their bars.

--json FILE    also write them as an array of {name, unit, value}
--only NAME    only figures whose name begins with NAME: placement, balance, gateway, boot; may be repeated
--hosts N      agents of the gateway, 10000 unless told
--help         this text

Exit code: 0 when all was measured, whatever the bars say; 1 when a figure is missing; 2 used wrongly.
`;

const LARGE: FleetSize = { hosts: 5000, sparesPerHost: 10 };
const SMALL: FleetSize = { hosts: 500, sparesPerHost: 10 };
const NEEDS = Number(process.env.NEEDS ?? 40_000);

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function withManager<T>(
  services: Services,
  work: (manager: Manager, backing: Backing, client: Client) => Promise<T>,
): Promise<T> {
  const backing = await newBacking(services);
  const manager = await Manager.startReady(backing);
  const client = new Client({ connectionString: backing.databaseUrl });
  await client.connect();
  try {
    return await work(manager, backing, client);
  } finally {
    await client.end();
    await manager.kill('SIGTERM');
  }
}

async function placement(services: Services): Promise<Outcomes> {
  const small = await withManager(services, async (_, backing, client) => {
    await writeFleet(client, SMALL);
    await durableRate(backing, await writeNeeds(client, NEEDS / 4, 1));
    return durableRate(backing, await writeNeeds(client, NEEDS, 2));
  });
  say(`5k spares: ${small.toFixed(0)} per second`);
  return withManager(services, async (manager, backing, client) => {
    await writeFleet(client, LARGE);
    await durableRate(backing, await writeNeeds(client, NEEDS / 4, 1));
    const needs = await writeNeeds(client, NEEDS, 2);
    const cpu = async () => [await postgresCpu(services), await processCpu(manager.pid)] as const;
    const before = await cpu();
    const large = await durableRate(backing, needs);
    const after = await cpu();
    const micros = (n: 0 | 1) => ((after[n] - before[n]) / NEEDS) * 1e6;
    say(`50k spares: ${large.toFixed(0)} per second`);
    const { p50, p99 } = await latency(backing, await writeNeeds(client, 10_000, 3), 500);
    // Without the manager, which would take up what the floor leaves in the outbox.
    await manager.kill('SIGTERM');
    const floor = await floorRate(backing.databaseUrl, needs, () => postgresCpu(services));
    say(`floor: ${floor.perSecond.toFixed(0)} per second`);
    return {
      'placement.durable_per_s': large,
      'placement.floor_per_s': floor.perSecond,
      'placement.durable_per_s_5k_spares': small,
      'placement.over_floor': large / floor.perSecond,
      'placement.cost_50k_over_5k_spares': small / large,
      'placement.p99_ms_at_500_per_s': p99,
      'placement.p50_ms_at_500_per_s': p50,
      'placement.postgres_cpu_us': micros(0),
      'placement.manager_cpu_us': micros(1),
      'placement.floor_postgres_cpu_us': floor.cpuSeconds * 1e6,
    };
  });
}

function balanced(): Outcomes {
  const { stddevPercent, overOptimum } = balance({ operations: 200_000, seed: 1 });
  return { 'balance.stddev_percent': stddevPercent, 'balance.over_optimum': overOptimum };
}

async function agents(services: Services, hosts: number): Promise<Outcomes> {
  return withManager(services, async (manager, backing, client) => {
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
  ['placement', placement],
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
  const services = await Services.start();
  const outcomes: Outcomes = {};
  try {
    for (const [name, measure] of MEASURES)
      if (only.some((part) => name.startsWith(part) || part.startsWith(name)))
        Object.assign(outcomes, await outcomesOf(name, () => measure(services, Number(hosts))));
  } finally {
    await services.remove();
  }
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
