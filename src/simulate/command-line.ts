import { parseArgs } from 'node:util';
import { DomainLevel, PolicyName, PoolPolicy } from '../../libs/contract/index.js';
import { DEFAULT_FLEET, type Contender, type FleetOptions } from '../../libs/simulation/index.js';

const SECTORS_A_MIB = 2048;
const DEFAULT_SPARE_MIB = DEFAULT_FLEET.smallestSpareSectors / SECTORS_A_MIB;
const POLICIES = PolicyName.options;
const POLICY = PoolPolicy.parse({});
const DEFAULT_LEASE_MIB = POLICY.leaseSectors / SECTORS_A_MIB;

export const HELP = `usage: npm run simulate -- [--hosts N] [--years N] [--policy NAME]... [--seed N] ...

Runs a virtual fleet of disks that fail at published rates through years of placement, once for each
policy and each time with the same failures, and compares what became of it (docs/simulation.md).

--hosts N          hosts of the fleet (default ${DEFAULT_FLEET.hosts})
--years N          how long it runs, such as 3 or 0.5 (default ${DEFAULT_FLEET.years})
--policy NAME      ${POLICIES.join(', ')};
                   may be repeated (default: all of them)
--seed N           another fleet with other failures (default ${DEFAULT_FLEET.seed})
--disks N          main devices of a host (default ${DEFAULT_FLEET.disksPerHost})
--spares N         spare devices of a host (default ${DEFAULT_FLEET.sparesPerHost})
--spare-size MIB   of the smallest spares; others are two and four times as large (default ${DEFAULT_SPARE_MIB})
--apart-by LEVEL   what members of one array may not share: ${DomainLevel.options.join(', ')}
                   (default disk)
--max-arrays N     arrays that may lean on one spare (default: any number)
--lease MIB        least length of a lease (default ${DEFAULT_LEASE_MIB})
--low-water BLOCKS a target with fewer free blocks gets a further lease (default ${POLICY.lowWaterBlocks})
--json FILE        also write the result as JSON
--help             this text

Exit code: 0 when it ran to the end; 1 when it could not; 2 used wrongly.
`;

/** The command was used wrongly; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface CommandLine {
  fleet: FleetOptions;
  contenders: Contender[];
  jsonFile: string | undefined;
  wantsHelp: boolean;
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        hosts: { type: 'string' },
        years: { type: 'string' },
        policy: { type: 'string', multiple: true },
        seed: { type: 'string' },
        disks: { type: 'string' },
        spares: { type: 'string' },
        'spare-size': { type: 'string' },
        'apart-by': { type: 'string' },
        'max-arrays': { type: 'string' },
        lease: { type: 'string' },
        'low-water': { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

type Values = ReturnType<typeof parsed>;
type TextOption = Exclude<keyof Values, 'policy' | 'help'>;

interface Bounds {
  least: number;
  most: number;
  /** What is meant when the option is not given. */
  otherwise: number;
  fractions?: boolean;
}

function number(values: Values, name: TextOption, bounds: Bounds): number {
  const text = values[name];
  if (text === undefined) return bounds.otherwise;
  const { least, most, fractions = false } = bounds;
  const value = (fractions ? /^\d+(\.\d+)?$/ : /^\d+$/).test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  const kind = fractions ? 'a number' : 'a whole number';
  throw new UsageError(`--${name} cannot be "${text}"; give ${kind} from ${least} to ${most}.`);
}

function oneOf<Name extends string>(option: string, text: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  throw new UsageError(`--${option} cannot be "${text}"; choose from ${names.join(', ')}.`);
}

function contendersOf(values: Values): Contender[] {
  const names = (values.policy ?? POLICIES).map((name) => oneOf('policy', name, POLICIES));
  const domainLevel = oneOf('apart-by', values['apart-by'] ?? 'disk', DomainLevel.options);
  const most = number(values, 'max-arrays', { least: 1, most: 1000, otherwise: 0 });
  const leaseMib = number(values, 'lease', { least: 1, most: 1024, otherwise: DEFAULT_LEASE_MIB });
  const lowWaterBlocks = number(values, 'low-water', {
    ...{ least: 1, most: 1_000_000, otherwise: POLICY.lowWaterBlocks },
  });
  const rules = {
    ...{ domainLevel, maxArraysPerSpare: most === 0 ? null : most },
    ...{ leaseSectors: leaseMib * SECTORS_A_MIB, lowWaterBlocks },
  };
  return [...new Set(names)].map((name) => ({
    label: name,
    policy: PoolPolicy.parse({ name, ...rules }),
  }));
}

/** Reads the arguments; throws a `UsageError` that says what is wrong with them. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const values = parsed(args);
  const { hosts, years, seed, disksPerHost, sparesPerHost } = DEFAULT_FLEET;
  const spareMib = number(values, 'spare-size', {
    ...{ least: 16, most: 1_048_576, otherwise: DEFAULT_SPARE_MIB },
  });
  return {
    fleet: {
      hosts: number(values, 'hosts', { least: 1, most: 1_000_000, otherwise: hosts }),
      years: number(values, 'years', { least: 0.01, most: 20, otherwise: years, fractions: true }),
      seed: number(values, 'seed', { least: 0, most: 2 ** 32 - 1, otherwise: seed }),
      disksPerHost: number(values, 'disks', { least: 1, most: 100, otherwise: disksPerHost }),
      sparesPerHost: number(values, 'spares', { least: 0, most: 100, otherwise: sparesPerHost }),
      smallestSpareSectors: spareMib * SECTORS_A_MIB,
    },
    contenders: contendersOf(values),
    jsonFile: values.json,
    wantsHelp: values.help === true,
  };
}

/** The command that runs the same simulation again. */
export function commandFor({ fleet, contenders }: CommandLine): string {
  const { domainLevel, maxArraysPerSpare, leaseSectors, lowWaterBlocks } =
    contenders[0]?.policy ?? POLICY;
  return [
    `npm run simulate -- --hosts ${fleet.hosts} --years ${fleet.years} --seed ${fleet.seed}`,
    `--disks ${fleet.disksPerHost} --spares ${fleet.sparesPerHost}`,
    `--spare-size ${fleet.smallestSpareSectors / SECTORS_A_MIB} --apart-by ${domainLevel}`,
    ...(maxArraysPerSpare === null ? [] : [`--max-arrays ${maxArraysPerSpare}`]),
    `--lease ${leaseSectors / SECTORS_A_MIB} --low-water ${lowWaterBlocks}`,
    ...contenders.map(({ label }) => `--policy ${label}`),
  ].join(' ');
}
