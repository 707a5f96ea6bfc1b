import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  chownSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { writeEarly } from './early-writeback.mjs';
import { Explained } from './explained.mjs';
import { allowHugePages } from './huge-pages.mjs';
import { mustBeFree, pause, readPidFile, runs } from './processes.mjs';
import { accountFor, ownDirectory, runAs } from './unprivileged.mjs';

/**
 * Books are written at random places: with the defaults PostgreSQL would write whole pages to its log again
 * and again, a checkpoint every few seconds, and compile plans that run for less time than that takes. While a new
 * file of the log is filled with zeroes nothing can be committed, and while the books are analysed, a minute apart,
 * grants lack a processor: the files are small and not filled, the samples a tenth of what they would be, and
 * autovacuum pauses for longer. By itself PostgreSQL would buffer no more of the log than one of its files.
 */
const SETTINGS = {
  shared_buffers: '1GB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  wal_compression: 'lz4',
  jit: 'off',
  wal_init_zero: 'off',
  wal_buffers: '16MB',
  default_statistics_target: '10',
  autovacuum_vacuum_cost_delay: '5ms',
};

function binaries() {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((v) => join(root, v, 'bin'))
    .find((dir) => existsSync(join(dir, 'initdb')));
  if (!found)
    throw new Explained(
      'PostgreSQL is not installed: run ops/setup, or `apt-get install postgresql`, or set DATABASE_URL.',
    );
  return found;
}

const account = () => accountFor('postgres');

/** initdb works in a directory beside and is renamed when complete, so a half-made one never counts. */
function makeCluster({ dir }, secret, bin) {
  if (existsSync(join(dir, 'cluster/PG_VERSION'))) return;
  if (existsSync(join(dir, 'cluster')))
    throw new Explained(
      `${join(dir, 'cluster')} exists but is not a PostgreSQL cluster; move it away and try again.`,
    );
  const half = join(dir, 'cluster.half-made');
  rmSync(half, { recursive: true, force: true });
  const pwfile = join(dir, 'pwfile');
  writeFileSync(pwfile, secret, { mode: 0o600 });
  const who = account();
  if (who) chownSync(pwfile, who.uid, who.gid);
  runAs(who, join(bin, 'initdb'), [
    '--no-sync',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--username=dmremap',
    '--auth=scram-sha-256',
    '--wal-segsize=4',
    `--pwfile=${pwfile}`,
    '-D',
    half,
  ]);
  rmSync(pwfile);
  renameSync(half, join(dir, 'cluster'));
}

function psql(bin, { port }, secret, database, sql) {
  return runAs(
    undefined,
    join(bin, 'psql'),
    ['-X', '-h', '127.0.0.1', '-p', String(port), '-U', 'dmremap', '-d', database, '-tAc', sql],
    { env: { ...process.env, PGPASSWORD: secret } },
  ).trim();
}

function explainStart(log, error) {
  const tail = existsSync(log)
    ? readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n  ')
    : '';
  return new Explained(
    `PostgreSQL did not start; the end of ${log}:\n  ${tail || String(error.stderr ?? error.message)}`,
  );
}

/**
 * How much shared memory it will want. In pages of 4 KiB each connection pays for each buffer that it comes upon,
 * which on a virtual machine can be a third of what a grant costs.
 */
function hugePagesFor(cluster, bin, settings) {
  const asked = ['-D', cluster, ...settings, '-C', 'shared_memory_size_in_huge_pages'];
  return Number(runAs(account(), join(bin, 'postgres'), asked));
}

/** What was changed of the machine, if anything. */
const changeMachine = (hugePages) =>
  [allowHugePages(hugePages), writeEarly()].filter(Boolean).join(', ');

async function start(service, bin) {
  const cluster = join(service.dir, 'cluster');
  const log = join(service.dir, 'postgres.log');
  rmSync(join(cluster, 'postmaster.pid'), { force: true });
  const settings = Object.entries({
    ...{ listen_addresses: '127.0.0.1', unix_socket_directories: '' },
    ...SETTINGS,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const flags = `-p ${service.port} ${settings.join(' ')}`;
  let changed;
  for (let attempt = 1; ; attempt++) {
    try {
      changed ||= changeMachine(hugePagesFor(cluster, bin, settings));
      runAs(
        account(),
        join(bin, 'pg_ctl'),
        ['start', '-w', '-s', '-D', cluster, '-l', log, '-o', flags],
        {
          stdio: 'ignore',
        },
      );
      return changed;
    } catch (error) {
      // After a SIGKILL the old backends may hold the shared memory for a moment.
      if (attempt === 5) throw explainStart(log, error);
      await pause(500 * attempt);
    }
  }
}

function runningPort(service) {
  const cluster = join(service.dir, 'cluster');
  const lines = readPidFile(join(cluster, 'postmaster.pid')).split('\n');
  const pid = Number.parseInt(lines[0], 10);
  return runs(pid, 'postgres', resolve(cluster)) ? { pid, port: Number(lines[3]) } : undefined;
}

export async function up(service, secret) {
  const bin = binaries();
  const running = runningPort(service);
  let changed;
  if (running && running.port !== service.port)
    throw new Explained(
      `PostgreSQL in ${service.dir} already runs on port ${running.port}; ` +
        'run `ops/services down` before giving it another port.',
    );
  if (!running) {
    await mustBeFree(service.port, 'DMREMAP_PG_PORT', 'PostgreSQL');
    ownDirectory(account(), service.dir);
    makeCluster(service, secret, bin);
    changed = await start(service, bin);
  }
  const exists = "SELECT 1 FROM pg_database WHERE datname = 'dmremap'";
  if (psql(bin, service, secret, 'postgres', exists) !== '1')
    psql(bin, service, secret, 'postgres', 'CREATE DATABASE dmremap');
  return changed;
}

export function down(service) {
  if (!runningPort(service)) return false;
  const cluster = join(service.dir, 'cluster');
  ownDirectory(account(), service.dir);
  runAs(account(), join(binaries(), 'pg_ctl'), ['stop', '-w', '-s', '-m', 'fast', '-D', cluster], {
    stdio: 'ignore',
  });
  return true;
}

export const status = (service) => runningPort(service)?.pid;
