import { Command } from 'commander';
import { Conditions } from './base/conditions.js';
import { messageOf, PermanentError, UnauthorisedError } from './base/errors.js';
import { createLog } from './base/log.js';
import { runProgram } from './base/run-program.js';
import { loadConfig } from './config.js';
import { runDaemon } from './daemon.js';
import { takeInventory } from './discover/inventory.js';
import { Dmsetup } from './dm/dmsetup.js';
import { UnreachableError } from './manager/client.js';
import { enrol } from './manager/enrol.js';
import { Measurements } from './measure/measurements.js';
import { observe } from './observe.js';
import { VERSION } from './version.js';

const EXIT = { failed: 1, configuration: 2, unreachable: 3, unauthorised: 4 } as const;

function exitCodeFor(error: unknown): number {
  if (error instanceof UnauthorisedError) return EXIT.unauthorised;
  if (error instanceof UnreachableError) return EXIT.unreachable;
  return error instanceof PermanentError ? EXIT.configuration : EXIT.failed;
}

async function run(): Promise<void> {
  const config = await loadConfig();
  const log = createLog({ format: config.logFormat, level: config.logLevel }, (line) => {
    process.stdout.write(line);
  });
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      log('info', 'stopping when the step in hand is done', { signal: name });
      stop.abort();
    });
  }
  await runDaemon(config, log, stop.signal);
}

async function enrolNow(options: { manager: string; token: string; name?: string }): Promise<void> {
  const config = await loadConfig();
  const credential = await enrol({
    managerUrl: options.manager,
    token: options.token,
    name: options.name ?? config.name,
    machineId: config.machineId,
    stateDir: config.stateDir,
  });
  process.stdout.write(`Enrolled as host ${credential.hostId}. Start it: dm-remap-daemon run\n`);
}

async function inspect(): Promise<void> {
  const { topologyPath } = await loadConfig();
  const log = createLog({ format: 'plain', level: 'warn' }, (line) => {
    process.stderr.write(line);
  });
  const sys = '/sys';
  const inventory = await takeInventory({ sys, run: runProgram, topologyPath });
  const dmsetup = new Dmsetup(runProgram);
  const { arrays, targets } = await observe({ sys, run: runProgram, log, dmsetup }, inventory);
  const conditions = new Conditions();
  const measurements = new Measurements({ sys, run: runProgram, conditions });
  await measurements.take(new AbortController().signal);
  const disks = measurements.describe(inventory);
  const seen = { disks, arrays, targets, conditions: conditions.list() };
  process.stdout.write(`${JSON.stringify(seen, null, 2)}\n`);
}

const program = new Command('dm-remap-daemon')
  .description('Keeps the remap targets of this host as the dm-remap manager wants them.')
  .version(VERSION)
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : EXIT.configuration);
  })
  .addHelpText(
    'after',
    `
Settings, in /etc/dm-remap/agent.json or the environment:
  managerUrl       DMREMAP_MANAGER_URL
  stateDir         DMREMAP_STATE_DIR         default /var/lib/dm-remap
  name             DMREMAP_HOST_NAME         default the host name
  machineId        DMREMAP_MACHINE_ID        default /etc/machine-id
  enrolmentToken   DMREMAP_ENROLMENT_TOKEN   for the first start
  logFormat        DMREMAP_LOG_FORMAT        plain or json
  logLevel         DMREMAP_LOG_LEVEL         debug, info, warn or error
  mdRepair                                   default true

Exit codes: 0 ended as asked, 1 failed, 2 usage or settings, 3 manager not reachable, 4 not authorised.`,
  );

program
  .command('inspect')
  .description('print what the agent sees on this host; each disk is asked for its health')
  .action(inspect);
program.command('run').description('run in the foreground until SIGTERM').action(run);
program
  .command('enrol')
  .description('trade a one-time token for the credential of this host')
  .requiredOption('--manager <url>', 'where the manager is, such as http://manager:7070')
  .requiredOption('--token <token>', 'from `dmremap host enrol-token`')
  .option('--name <name>', 'what to call this host')
  .action(enrolNow);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`dm-remap-daemon: ${messageOf(error)}\n`);
  process.exit(exitCodeFor(error));
});
