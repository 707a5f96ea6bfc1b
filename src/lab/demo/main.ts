import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { messageOf } from '../errors.js';
import { FleetOfTwo } from './fleet-of-two.js';
import { screen } from './screen.js';
import { startWorkload, workloadRounds } from './workload.js';

/** What ops/up makes in the data directory; what else is there is not its to remove. */
const made = [
  'postgres',
  'redis',
  'services.secret',
  'admin-token',
  'manager.log',
  'manager.pid',
  'lab',
];

const say = (line: string) => process.stdout.write(`${line}\n`);

async function timed<T>(what: string, action: () => Promise<T>): Promise<T> {
  const start = performance.now();
  process.stdout.write(`up: ${what} … `);
  try {
    const result = await action();
    say(`${((performance.now() - start) / 1000).toFixed(1)} s`);
    return result;
  } catch (error) {
    say('failed');
    throw error;
  }
}

async function up(fleet: FleetOfTwo): Promise<void> {
  await timed('PostgreSQL, Redis and the manager', () => fleet.side.start());
  await timed('hosts h1 and h2 (QEMU)', () => Promise.all(fleet.hosts.map((host) => host.boot())));
  await timed('agents enrol and report', () => fleet.agents());
  await timed('pools, spares and targets', () => fleet.allocate());
  await timed('targets get their leases', () => fleet.targetsRun());
  await timed('RAID1 on h1', () => fleet.array());
  await timed('a light load on both hosts', async () => {
    await startWorkload(fleet.h1, '/dev/md0');
    await startWorkload(fleet.h2, '/dev/mapper/t0');
  });
  say(screen(fleet.side.manager.url, 'ops/dmremap'));
}

async function down(fleet: FleetOfTwo, wipe: boolean): Promise<void> {
  for (const host of fleet.hosts) {
    say(`down: ${host.name} ${(await host.shutdown()) ? 'is down' : 'was not running'}`);
    if (wipe) await host.wipe();
  }
  await fleet.side.stop();
  say('down: the manager, Redis and PostgreSQL are stopped');
  if (!wipe) return;
  for (const name of made) {
    rmSync(join(fleet.side.settings.dataDirectory, name), { recursive: true, force: true });
  }
  say('down: books, disks and credentials are removed');
}

async function status(fleet: FleetOfTwo): Promise<boolean> {
  const pid = fleet.side.manager.pid();
  say(`manager  ${pid === undefined ? 'down' : `up, ${fleet.side.manager.url}`}`);
  let all = pid !== undefined;
  for (const host of fleet.hosts) {
    const runs = await host.isRunning();
    all &&= runs;
    if (!runs) {
      say(`${host.name}       down`);
      continue;
    }
    const { ok, failed } = await workloadRounds(host);
    say(`${host.name}       up, load: ${ok} rounds verified, ${failed} failed`);
  }
  return all;
}

async function main(): Promise<void> {
  const [command, flag] = process.argv.slice(2);
  try {
    const fleet = new FleetOfTwo();
    if (command === 'up') await up(fleet);
    else if (command === 'down') await down(fleet, flag === '--wipe');
    else if (!(await status(fleet))) process.exitCode = 3;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}

void main();
