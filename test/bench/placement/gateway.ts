import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { Queue } from 'bullmq';
import type { Client } from 'pg';
import { redisOptions } from '../../../src/manager/queue/redis-options.js';
import type { Backing, Manager } from '../../support/manager.js';
import { writeFleet, writeNeeds } from './fleet.js';

/** What the process of the agents is to do. */
export interface AgentsWork {
  url: string;
  databaseUrl: string;
  /** The agents begin one after the other over this time. */
  rampMs: number;
}

export interface AgentsReport {
  /** How long each took, in ms. */
  reports: number[];
  /** How many, by the answer. */
  refused: Record<string, number>;
  /** Leases that agents were told of, and when, in ms since 1970. */
  received: { leaseId: string; at: number }[];
  /** Agents whose reports have come to say nothing new. */
  settled: number;
}

export interface Gateway {
  hosts: number;
  reportsPerSecond: number;
  reportP99Ms: number;
  fanoutP50Ms: number;
  fanoutP99Ms: number;
  /** Of the manager's process. */
  memoryMib: number;
}

const MEASURED_MS = 60_000;
const GRANTS_PER_SECOND = 20;

/**
 * Ten thousand agents in one process would stand still for a second or two when their garbage is collected, which
 * the manager has no part in: so there is room for all of it, in MiB, which is not given back while they have
 * little to do either.
 */
const NEVER_PAUSE = [
  '--max-semi-space-size=64',
  '--initial-old-space-size=2048',
  '--max-old-space-size=4096',
  '--no-memory-reducer',
];

/** The agents of a fleet, in a process of their own. */
class Agents {
  private constructor(private readonly child: ChildProcess) {}

  static async start(work: AgentsWork): Promise<Agents> {
    const outfile = resolve('.data/bench-placement/agents.cjs');
    const entryPoints = [resolve('test/bench/placement/agents.ts')];
    const shape = { bundle: true, platform: 'node', format: 'cjs', packages: 'external' } as const;
    await build({ ...shape, entryPoints, outfile, logLevel: 'warning' });
    const child = fork(outfile, { execArgv: NEVER_PAUSE });
    child.send(work);
    return new Agents(child);
  }

  /** What happened since it was last asked for. */
  async tell(): Promise<AgentsReport> {
    this.child.send('tell');
    const [report] = (await once(this.child, 'message')) as [AgentsReport];
    return report;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(q * (sorted.length - 1))] ?? Infinity;
}

async function memoryMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

const refusals = (refused: AgentsReport['refused']) =>
  Object.entries(refused)
    .map(([why, count]) => `${count} × ${why}`)
    .join('; ');

/** Adds jobs that place needs at a steady rate; the agents are told of the leases. */
async function place({ redisUrl }: Backing, needIds: readonly string[], perSecond: number) {
  const queue = new Queue('placement', { connection: redisOptions(redisUrl) });
  for (const id of needIds) {
    await queue.add('place', { subjectIds: [id] });
    await sleep(1000 / perSecond);
  }
  await queue.close();
}

/** From when a lease was booked until its agent was told, by the clock that both processes share. */
async function fanoutOf(client: Client, { received }: AgentsReport, needIds: readonly string[]) {
  const { rows } = await client.query<{ id: string; at: number }>(
    `SELECT id, extract(epoch FROM created_at)::float8 * 1000 AS at FROM lease
     WHERE need_id = ANY ($1::uuid[])`,
    [needIds],
  );
  const receivedAt = new Map(received.map(({ leaseId, at }) => [leaseId, at]));
  return rows.map(({ id, at }) => (receivedAt.get(id) ?? Infinity) - at);
}

/**
 * So many agents, each with its watch and a report every ten seconds, on ten disks and an array each, while
 * leases are granted to hosts at random.
 */
export async function gateway(
  manager: Manager,
  backing: Backing,
  client: Client,
  hosts: number,
  say: (text: string) => void,
): Promise<Gateway> {
  await writeFleet(client, { hosts, sparesPerHost: 5 });
  const rampMs = Math.max(10_000, hosts * 8);
  const agents = await Agents.start({
    ...{ url: manager.url, databaseUrl: backing.databaseUrl, rampMs },
  });
  try {
    const deadline = Date.now() + 4 * rampMs + 60_000;
    for (let settled = 0; settled < hosts;) {
      await sleep(5000);
      const { refused, ...told } = await agents.tell();
      settled = told.settled;
      say(`gateway: ${settled} of ${hosts} agents have nothing new to report ${refusals(refused)}`);
      if (Date.now() > deadline) throw new Error('not all agents could report in time');
    }
    await sleep(10_000);
    await agents.tell();
    const needIds = await writeNeeds(client, (GRANTS_PER_SECOND * MEASURED_MS) / 1000, 5);
    await Promise.all([place(backing, needIds, GRANTS_PER_SECOND), sleep(MEASURED_MS)]);
    await sleep(2000);
    const measured = await agents.tell();
    const fanout = await fanoutOf(client, measured, needIds);
    const refused = refusals(measured.refused);
    if (refused !== '') throw new Error(`reports were refused: ${refused}`);
    return {
      hosts,
      reportsPerSecond: measured.reports.length / (MEASURED_MS / 1000 + 2),
      reportP99Ms: quantile(measured.reports, 0.99),
      fanoutP50Ms: quantile(fanout, 0.5),
      fanoutP99Ms: quantile(fanout, 0.99),
      memoryMib: await memoryMib(manager.pid),
    };
  } finally {
    await agents.stop();
  }
}
