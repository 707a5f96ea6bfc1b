import type { Services } from '../../support/services.js';
import { postgresCpu, processCpu } from './cpu-time.js';
import { durableRate } from './durable.js';
import type { Outcomes } from './figures.js';
import { LARGE, SMALL, writeFleet, writeNeeds, type FleetSize } from './fleet.js';
import { Floor } from './floor.js';
import { latency } from './latency.js';
import { withManager, withServices, type Running } from './running.js';

/** In one burst. */
const NEEDS = 40_000;

/** Odd, so that the median is one of them. */
const ROUNDS = 5;

/** Each fleet and the floor have a PostgreSQL of their own: the buffers of one would not hold them all. */
export async function placement(
  services: Services,
  say: (text: string) => void,
): Promise<Outcomes> {
  return onItsOwn(LARGE, async (large) => {
    // While nobody else's books are written to the disk or vacuumed.
    await durableRate(large.backing, await writeNeeds(large.client, NEEDS, 2));
    const needs = await writeNeeds(large.client, 10_000, 3);
    const { p50, p99 } = await latency(large.backing, needs, 500);
    const rounds = await withFleet(services, SMALL, (small) =>
      withFloor((floor) => inTurns(floor, small, large, say)),
    );
    const of = (value: (round: Round) => number) => median(rounds.map(value));
    return {
      'placement.durable_per_s': of((round) => round.large.perSecond),
      'placement.floor_per_s': of((round) => round.floor.perSecond),
      'placement.durable_per_s_5k_spares': of((round) => round.small.perSecond),
      'placement.over_floor': of((round) => round.large.perSecond / round.floor.perSecond),
      'placement.cost_50k_over_5k_spares': of(
        (round) => round.small.perSecond / round.large.perSecond,
      ),
      'placement.p99_ms_at_500_per_s': p99,
      'placement.p50_ms_at_500_per_s': p50,
      'placement.postgres_cpu_us': of((round) => round.large.postgresMicros),
      'placement.manager_cpu_us': of((round) => round.large.managerMicros),
      'placement.floor_postgres_cpu_us': of((round) => round.floor.postgresMicros),
    };
  });
}

interface Burst {
  perSecond: number;
  /** CPU for each need. */
  postgresMicros: number;
  managerMicros: number;
}

const TURNS = ['floor', 'small', 'large'] as const;

type Round = Record<(typeof TURNS)[number], Burst>;

interface RunningFloor {
  services: Services;
  floor: Floor;
}

/**
 * What is compared is measured in turns, and compared within a turn: the speed of a machine moves from one minute to
 * the next by more than what is looked for. Each figure is the median of the rounds.
 */
async function inTurns(
  floor: RunningFloor,
  small: Running,
  large: Running,
  say: (text: string) => void,
): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let n = 0; n < ROUNDS; n += 1) {
    const round = await measured(n, floor, small, large);
    rounds.push(round);
    say(
      `round ${n + 1} of ${ROUNDS}, needs per second: ${round.floor.perSecond.toFixed(0)} the floor, ` +
        `${round.small.perSecond.toFixed(0)} with 5k spares, ${round.large.perSecond.toFixed(0)} with 50k`,
    );
  }
  return rounds;
}

/**
 * All that is to be placed is recorded first, so that what is compared follows one another; each round begins with
 * another of the three.
 */
async function measured(
  round: number,
  { services, floor }: RunningFloor,
  small: Running,
  large: Running,
): Promise<Round> {
  const ofSmall = await writeNeeds(small.client, NEEDS, 4 + round);
  const ofLarge = await writeNeeds(large.client, NEEDS, 4 + round);
  const write = await floor.round(round);
  const turns = {
    floor: () => besides([small, large], () => burst({ services }, write)),
    small: () => besides([large], () => burst(small, () => durableRate(small.backing, ofSmall))),
    large: () => besides([small], () => burst(large, () => durableRate(large.backing, ofLarge))),
  };
  const first = round % TURNS.length;
  const bursts: Partial<Round> = {};
  for (const turn of [...TURNS.slice(first), ...TURNS.slice(0, first)])
    bursts[turn] = await turns[turn]();
  return bursts as Round;
}

/** While the managers of others stand still: they have coverage to work out after a burst, and look for what is due. */
async function besides<T>(others: readonly Running[], work: () => Promise<T>): Promise<T> {
  const all = (signal: NodeJS.Signals) => {
    for (const { manager } of others) process.kill(manager.pid, signal);
  };
  all('SIGSTOP');
  try {
    return await work();
  } finally {
    all('SIGCONT');
  }
}

async function burst(
  { services, manager }: Pick<Running, 'services'> & Partial<Running>,
  rate: () => Promise<number>,
): Promise<Burst> {
  const micros = async () => ({
    postgres: ((await postgresCpu(services)) / NEEDS) * 1e6,
    manager: manager ? ((await processCpu(manager.pid)) / NEEDS) * 1e6 : 0,
  });
  const before = await micros();
  const perSecond = await rate();
  const after = await micros();
  return {
    perSecond,
    postgresMicros: after.postgres - before.postgres,
    managerMicros: after.manager - before.manager,
  };
}

/** A quarter of a burst goes before, after which the manager knows most of the hosts. */
async function withFleet<T>(
  services: Services,
  size: FleetSize,
  work: (fleet: Running) => Promise<T>,
): Promise<T> {
  return withManager(services, async (running) => {
    const { backing, client } = running;
    await writeFleet(client, size);
    await durableRate(backing, await writeNeeds(client, NEEDS / 4, 1));
    return work(running);
  });
}

const onItsOwn = <T>(size: FleetSize, work: (fleet: Running) => Promise<T>): Promise<T> =>
  withServices((services) => withFleet(services, size, work));

/** On a fleet as large as the large one, with the needs of a burst placed. */
async function withFloor<T>(work: (floor: RunningFloor) => Promise<T>): Promise<T> {
  return onItsOwn(LARGE, async ({ services, backing, manager, client }) => {
    const needs = await writeNeeds(client, NEEDS, 2);
    await durableRate(backing, needs);
    await manager.kill('SIGTERM');
    const floor = await Floor.open(backing.databaseUrl, needs);
    try {
      return await work({ services, floor });
    } finally {
      await floor.close();
    }
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}
