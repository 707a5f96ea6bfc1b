import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { Name } from '../../libs/contract/index.js';
import { errorCodeOf, messageOf, PermanentError } from './base/errors.js';

const FileConfig = z.strictObject({
  managerUrl: z.url({ protocol: /^https?$/ }).optional(),
  stateDir: z.string().optional(),
  name: Name.optional(),
  /** Instead of /etc/machine-id, for machines that were cloned with it. */
  machineId: z.string().min(8).max(128).optional(),
  enrolmentToken: z.string().optional(),
  logFormat: z.enum(['json', 'plain']).optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).optional(),
  /** Whether md is asked to repair pending blocks at once. */
  mdRepair: z.boolean().optional(),
});

export interface AgentConfig extends z.infer<typeof FileConfig> {
  readonly stateDir: string;
  readonly name: string;
  readonly logFormat: 'json' | 'plain';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly mdRepair: boolean;
  readonly topologyPath: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLES = {
  managerUrl: 'DMREMAP_MANAGER_URL',
  stateDir: 'DMREMAP_STATE_DIR',
  name: 'DMREMAP_HOST_NAME',
  machineId: 'DMREMAP_MACHINE_ID',
  enrolmentToken: 'DMREMAP_ENROLMENT_TOKEN',
  logFormat: 'DMREMAP_LOG_FORMAT',
  logLevel: 'DMREMAP_LOG_LEVEL',
} as const;

async function readConfigFile(path: string): Promise<object> {
  try {
    return z.looseObject({}).parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return {};
    throw new PermanentError(`${path}: ${messageOf(error)}`);
  }
}

/** The file /etc/dm-remap/agent.json, overridden by the environment. */
export async function loadConfig(environment: Environment = process.env): Promise<AgentConfig> {
  const directory = environment['DMREMAP_CONFIG_DIR'] ?? '/etc/dm-remap';
  const path = `${directory}/agent.json`;
  const fromEnvironment = Object.fromEntries(
    Object.entries(VARIABLES).flatMap(([key, variable]) => {
      const value = environment[variable];
      return value === undefined || value === '' ? [] : [[key, value]];
    }),
  );
  const merged = FileConfig.safeParse({ ...(await readConfigFile(path)), ...fromEnvironment });
  if (!merged.success) {
    throw new PermanentError(`${path} or the environment: ${z.prettifyError(merged.error)}`);
  }
  return {
    ...merged.data,
    stateDir: merged.data.stateDir ?? '/var/lib/dm-remap',
    name: merged.data.name ?? hostname(),
    logFormat: merged.data.logFormat ?? 'plain',
    logLevel: merged.data.logLevel ?? 'info',
    mdRepair: merged.data.mdRepair ?? true,
    topologyPath: `${directory}/topology.json`,
  };
}
