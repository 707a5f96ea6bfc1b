import { Command } from 'commander';
import { addAccessCommands } from './commands/access.js';
import { addAuditCommands } from './commands/audit.js';
import { addCoverageCommand } from './commands/coverage.js';
import { addEventCommand } from './commands/events.js';
import { addHostCommands } from './commands/hosts.js';
import { addInventoryCommands } from './commands/inventory.js';
import { addLeaseCommands } from './commands/leases.js';
import { addMetadataCommands } from './commands/metadata.js';
import { addPlacementCommands } from './commands/placement.js';
import { addPoolCommands } from './commands/pools.js';
import { addQueueCommands } from './commands/queue.js';
import { addSpareCommands } from './commands/spares.js';
import { addStatusCommand } from './commands/status.js';
import { addTargetCommands } from './commands/targets.js';
import { VERSION } from './version.js';

const HELP = `
The manager is found by --url, DMREMAP_URL or what \`dmremap login\` kept; the token likewise.
Hosts and pools are given by name or id, targets by NAME, HOST/NAME or id.

Exit codes: 0 done, 1 the manager said no or metadata has errors, 2 usage, 3 manager not reachable, 4 not authorised.

Examples:
  $ dmremap login --url http://127.0.0.1:7070 --token TOKEN
  $ dmremap status
  $ dmremap pool create general && dmremap spare add general h1 /dev/sdb
  $ dmremap target create h1 r0 --main /dev/sda --pool general
  $ dmremap events -f`;

/** All commands. */
export function createProgram(): Command {
  const program = new Command('dmremap')
    .description('Spare-pool manager for failing disks.')
    .version(VERSION)
    .addHelpText('after', HELP);
  addStatusCommand(program);
  addHostCommands(program);
  addInventoryCommands(program);
  addPoolCommands(program);
  addSpareCommands(program);
  addTargetCommands(program);
  addLeaseCommands(program);
  addPlacementCommands(program);
  addCoverageCommand(program);
  addEventCommand(program);
  addQueueCommands(program);
  addMetadataCommands(program);
  addAccessCommands(program);
  addAuditCommands(program);
  return program;
}
