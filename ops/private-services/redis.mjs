import { chownSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { Explained } from './explained.mjs';
import { mustBeFree, readPidFile, runs, until } from './processes.mjs';
import { accountFor, ownDirectory, runAs } from './unprivileged.mjs';

const PROGRAM = '/usr/bin/redis-server';
const account = () => accountFor('redis');
const pidFile = ({ dir }) => join(dir, 'redis.pid');

/** BullMQ needs noeviction; the append-only file keeps what was queued over a kill. */
const configuration = ({ dir, port }, secret) =>
  `bind 127.0.0.1
port ${port}
requirepass ${secret}
dir ${dir}
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
save ""
daemonize yes
pidfile ${pidFile({ dir })}
logfile ${join(dir, 'redis.log')}
`;

function ask({ port }, secret) {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('connect', () => socket.write(`AUTH ${secret}\r\nPING\r\n`));
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.includes('PONG') || text.includes('-')) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => done(text.includes('PONG')));
  });
}

const isRedis = (service, pid) => runs(pid, 'redis-server', resolve(service.dir));

export function status(service) {
  const pid = Number.parseInt(readPidFile(pidFile(service)), 10);
  return isRedis(service, pid) ? pid : undefined;
}

export async function up(service, secret) {
  if (!existsSync(PROGRAM))
    throw new Explained(
      'Redis is not installed: run ops/setup, or `apt-get install redis-server`, or set REDIS_URL.',
    );
  if (status(service) === undefined) {
    await mustBeFree(service.port, 'DMREMAP_REDIS_PORT', 'Redis');
    ownDirectory(account(), service.dir);
    rmSync(pidFile(service), { force: true });
    const file = join(service.dir, 'redis.conf');
    writeFileSync(file, configuration(service, secret), { mode: 0o600 });
    const who = account();
    if (who) chownSync(file, who.uid, who.gid);
    runAs(who, PROGRAM, [file], { stdio: 'ignore' });
  }
  if (await until(() => ask(service, secret), 15_000)) return;
  const log = join(service.dir, 'redis.log');
  const tail = existsSync(log)
    ? readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n  ')
    : '';
  throw new Explained(
    `Redis does not answer on 127.0.0.1:${service.port}; if it runs on another port, run \`ops/services down\` ` +
      `first. The end of ${log}:\n  ${tail}`,
  );
}

export async function down(service) {
  const pid = status(service);
  if (pid === undefined) return false;
  process.kill(pid, 'SIGTERM');
  if (!(await until(() => !isRedis(service, pid), 10_000)))
    throw new Explained(`Redis (pid ${pid}) does not stop; see ${join(service.dir, 'redis.log')}.`);
  return true;
}
