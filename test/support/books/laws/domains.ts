import type { DomainLevel, FailureDomains } from '../../../../libs/contract/index.js';
import type { DiskPlan } from '../fleet';
import type { World } from '../world';
import type { Law } from './law';

interface Granted {
  id: string;
  target: string;
  host: string;
  main: string;
  device: string;
  spare: string;
  /** The host that the spare belongs to. */
  owner: string;
  level: DomainLevel;
  most: number | null;
}

const LEVELS: readonly DomainLevel[] = ['disk', 'enclosure', 'controller', 'power', 'host', 'rack'];

/** Recomputed from the fleet as it was built, not from what the manager thinks of it. */
const granted = (world: World) =>
  world.rows<Granted>(
    `SELECT lease.id, target.id AS target, target.host_id AS host, main_device_id AS main,
            device_id AS device, spare.id AS spare, spare.host_id AS owner,
            pool.policy->>'domainLevel' AS level, (pool.policy->>'maxArraysPerSpare')::int AS most
     FROM lease JOIN target ON target.id = target_id JOIN spare ON spare.id = spare_id
       JOIN pool ON pool.id = spare.pool_id
     WHERE target.host_id = ANY ($1) AND lease.state <> 'released' ORDER BY lease.seq`,
    [world.hosts.map(({ id }) => id)],
  );

const planOf = (world: World, host: string, device: string): DiskPlan | undefined =>
  world.hosts.find(({ id }) => id === host)?.plans.get(device as never);

/** What two places share at the level or below; undefined when nothing. */
function shared(world: World, widest: DomainLevel, a: [string, string], b: [string, string]) {
  if (a[1] === b[1]) return 'disk';
  const [ours, theirs] = [planOf(world, ...a)?.domains ?? {}, planOf(world, ...b)?.domains ?? {}];
  return LEVELS.slice(0, LEVELS.indexOf(widest) + 1).find((level) => {
    if (level === 'disk') return false;
    if (level === 'host') return a[0] === b[0];
    const label = (domains: FailureDomains) => domains[level];
    if (label(ours) === undefined || label(ours) !== label(theirs)) return false;
    return level !== 'controller' || a[0] === b[0];
  });
}

/** At any moment. */
export const DOMAINS: Law[] = [
  {
    law: 'no two members of one array lean on one domain',
    async broken(world) {
      const leases = await granted(world);
      return leases.flatMap((lease, n) => {
        const peers = world.hosts.find(({ id }) => id === lease.host);
        const others = peers ? world.peersOf(peers, lease.main as never) : [];
        const places: [string, string][] = [
          ...others.map((device): [string, string] => [lease.host, device]),
          // Of two leases the later one had to keep away from the earlier one.
          ...leases
            .slice(0, n)
            .filter(({ host, main }) => host === lease.host && others.includes(main as never))
            .map(({ owner, device }): [string, string] => [owner, device]),
        ];
        return places.flatMap((place) => {
          const what = shared(world, lease.level, [lease.owner, lease.device], place);
          return what
            ? [`lease ${lease.id} on ${lease.device} shares its ${what} with ${place[1]}`]
            : [];
        });
      });
    },
  },
  {
    law: 'no more arrays lean on a spare than its policy allows',
    async broken(world) {
      const leaning = new Map<string, { most: number | null; arrays: Set<string> }>();
      for (const { spare, most, host, main, target } of await granted(world)) {
        const array = planOf(world, host, main)?.array ?? null;
        const known = leaning.get(spare) ?? { most, arrays: new Set() };
        known.arrays.add(array === null ? target : `${host} ${array}`);
        leaning.set(spare, known);
      }
      return [...leaning].flatMap(([spare, { most, arrays }]) =>
        most !== null && arrays.size > most ? [`${spare}: ${[...arrays].join(', ')}`] : [],
      );
    },
  },
];
