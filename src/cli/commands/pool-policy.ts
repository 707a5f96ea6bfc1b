import { Option } from 'commander';
import {
  DomainLevel,
  Locality,
  Media,
  PolicyName,
  PoolScope,
  ScoreComponent,
  SpeedClass,
  type UpdatePool,
} from '../../../libs/contract/index.js';
import type { Api } from '../api.js';
import { usageError } from '../errors.js';
import { targetOf } from '../resolve.js';
import { sectorsOf } from '../sectors-of.js';

/** What the options of a pool's policy say; all is text until it is read. */
export interface PolicyOptions {
  readonly policy?: PolicyName;
  readonly weight?: readonly string[];
  readonly scope?: PoolScope;
  readonly dedicatedTo?: readonly string[];
  readonly apartBy?: DomainLevel;
  readonly media?: readonly (Media | 'any')[];
  readonly speed?: SpeedClass;
  readonly locality?: Locality;
  readonly maxArrays?: string;
  readonly maxHostGrants?: string;
  readonly maxGrants?: string;
  readonly reserve?: string;
  readonly lease?: string;
  readonly maxLease?: string;
  readonly lowWater?: string;
  readonly horizon?: string;
}

export const policyOptions = (): Option[] => [
  new Option('--policy <name>', 'what makes one spare better than another').choices(
    PolicyName.options,
  ),
  new Option(
    '--weight <component=number...>',
    `own weights over those of the policy, or none; of ${ScoreComponent.options.join(', ')}`,
  ),
  new Option('--scope <scope>', "whom it serves: all, the spare's enclosure, or some").choices(
    PoolScope.options,
  ),
  new Option(
    '--dedicated-to <target...>',
    'with scope dedicated: these, by id or HOST/NAME; or none',
  ),
  new Option('--apart-by <level>', 'what members of one array may not share').choices(
    DomainLevel.options,
  ),
  new Option('--media <media...>', 'admit only these').choices([...Media.options, 'any']),
  new Option('--speed <class>', 'against the medium of the main device').choices(
    SpeedClass.options,
  ),
  new Option('--locality <locality>', 'spares of other hosts that the host can see').choices(
    Locality.options,
  ),
  new Option('--max-arrays <number>', 'most arrays that lean on one spare, or none'),
  new Option('--max-host-grants <number>', 'most leases an hour for one host, or none'),
  new Option('--max-grants <number>', 'most leases an hour from the pool, or none'),
  new Option('--reserve <percent>', 'share of each spare kept for urgent needs, 0 to 90'),
  new Option('--lease <size>', 'least length of a lease, such as 8MiB'),
  new Option('--max-lease <size>', 'most length of a lease; none is 16 times the least'),
  new Option('--low-water <blocks>', 'a target with fewer free blocks gets a further lease'),
  new Option('--horizon <days>', 'endurance counts as it will be then'),
];

const NONE = 'none';

function numberOf(text: string, what: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0) return number;
  throw usageError(`"${text}" is no number; ${what} takes one`);
}

const boundOf = (text: string, what: string) => (text === NONE ? null : numberOf(text, what));

function weightsOf(texts: readonly string[]): Record<string, number> {
  if (texts.length === 1 && texts[0] === NONE) return {};
  return Object.fromEntries(
    texts.map((text) => {
      const [name = '', number = ''] = text.split('=');
      const component = ScoreComponent.safeParse(name);
      if (!component.success)
        throw usageError(
          `"${text}" names no component; say for example load=2, of ${ScoreComponent.options.join(', ')}`,
        );
      return [component.data, numberOf(number, '--weight')];
    }),
  );
}

async function targetIds(api: Api, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 1 && keys[0] === NONE) return [];
  const ids: string[] = [];
  for (const key of keys) ids.push((await targetOf(api, key)).id);
  return ids;
}

/** The fields of a policy that were given; only those. */
export async function policyOf(
  api: Api,
  given: PolicyOptions,
): Promise<Partial<Record<keyof UpdatePool['policy'], unknown>>> {
  const { weight, dedicatedTo, media, maxArrays, maxHostGrants, maxGrants } = given;
  const { reserve, lease, maxLease, lowWater, horizon } = given;
  return {
    ...(given.policy !== undefined && { name: given.policy }),
    ...(weight !== undefined && { weights: weightsOf(weight) }),
    ...(given.scope !== undefined && { scope: given.scope }),
    ...(given.apartBy !== undefined && { domainLevel: given.apartBy }),
    ...(media !== undefined && { media: media.includes('any') ? null : media }),
    ...(given.speed !== undefined && { speedClass: given.speed }),
    ...(given.locality !== undefined && { locality: given.locality }),
    ...(maxArrays !== undefined && { maxArraysPerSpare: boundOf(maxArrays, '--max-arrays') }),
    ...(maxHostGrants !== undefined && {
      maxGrantsPerHostPerHour: boundOf(maxHostGrants, '--max-host-grants'),
    }),
    ...(maxGrants !== undefined && { maxGrantsPerHour: boundOf(maxGrants, '--max-grants') }),
    ...(reserve !== undefined && { reservePercent: numberOf(reserve, '--reserve') }),
    ...(lease !== undefined && { leaseSectors: sectorsOf(lease) }),
    ...(maxLease !== undefined && {
      maxLeaseSectors: maxLease === NONE ? null : sectorsOf(maxLease),
    }),
    ...(lowWater !== undefined && { lowWaterBlocks: numberOf(lowWater, '--low-water') }),
    ...(horizon !== undefined && { horizonDays: numberOf(horizon, '--horizon') }),
    ...(dedicatedTo !== undefined && { dedicatedTo: await targetIds(api, dedicatedTo) }),
  };
}
