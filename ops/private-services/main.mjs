import { Explained } from './explained.mjs';
import * as postgres from './postgres.mjs';
import * as redis from './redis.mjs';
import { settings } from './settings.mjs';

const USAGE = `Usage: ops/services up|down|status [--print-env]

Private PostgreSQL and Redis on loopback, run as an unprivileged user, data under DMREMAP_DATA_DIR
(default: .data in the checkout). Ports: DMREMAP_PG_PORT (54329), DMREMAP_REDIS_PORT (63799).
DATABASE_URL or REDIS_URL, when set, is used instead and nothing is started for it.
As root, \`up\` lets PostgreSQL have huge pages and the kernel write early (sysctl vm.nr_overcommit_hugepages
and vm.dirty_background_bytes), and says what it changed.

  --print-env   print DATABASE_URL=… and REDIS_URL=… as lines for \`export\`, and nothing else
`;

const services = [
  ['postgres', 'PostgreSQL', postgres],
  ['redis', 'Redis', redis],
];

async function run(command, say, config) {
  let allUp = true;
  for (const [key, name, service] of services) {
    if (config.external[key]) {
      say(`${name}: external, as the environment says`);
    } else if (command === 'up') {
      const changed = await service.up(config[key], config.secret);
      say(`${name}: up on 127.0.0.1:${config[key].port}${changed ? ` (${changed})` : ''}`);
    } else if (command === 'down') {
      say(`${name}: ${(await service.down(config[key])) ? 'stopped' : 'was not running'}`);
    } else {
      const pid = service.status(config[key]);
      allUp &&= pid !== undefined;
      say(
        `${name}: ${pid === undefined ? 'down' : `up, pid ${pid}, 127.0.0.1:${config[key].port}`}`,
      );
    }
  }
  return allUp;
}

const [command, ...flags] = process.argv.slice(2);
const printEnv = flags.includes('--print-env');
if (!['up', 'down', 'status'].includes(command) || flags.some((flag) => flag !== '--print-env')) {
  process.stderr.write(USAGE);
  process.exit(command === '--help' || command === undefined ? 0 : 2);
}
try {
  const config = settings();
  const allUp = await run(command, printEnv ? () => {} : console.log, config);
  if (printEnv)
    for (const [name, url] of Object.entries(config.urls)) console.log(`${name}=${url}`);
  process.exitCode = allUp ? 0 : 3;
} catch (error) {
  if (!(error instanceof Explained)) throw error;
  process.stderr.write(`ops/services: ${error.message}\n`);
  process.exitCode = 1;
}
