import fc from 'fast-check';
import { WINDOW_NAMES, type WindowName } from '../crashes/windows';

/** Numbers name things by their place in a list, whatever its length is by then. */
export type PeopleStep =
  | { do: 'create target'; host: number; disk: number; pool: number }
  | { do: 'delete target'; target: number; force: boolean }
  | { do: 'ask for a lease'; target: number; key: number; times: number }
  | { do: 'add spare'; host: number; disk: number; pool: number }
  | { do: 'remove spare'; spare: number }
  | { do: 'serve'; what: 'spare' | 'host'; nth: number; change: ServiceChange }
  | { do: 'change policy'; pool: number; lowWaterBlocks: number; reservePercent: number };

export type HostStep =
  | { do: 'remap'; target: number; blocks: number }
  | { do: 'turn'; host: number }
  | { do: 'fetch'; host: number }
  | { do: 'apply what was fetched'; host: number; pick: number }
  | { do: 'report'; host: number }
  | { do: 'hold a report back'; host: number }
  | { do: 'send an old report'; host: number; pick: number }
  | { do: 'reboot'; host: number; forgets: boolean }
  | { do: 'forget'; host: number }
  | { do: 'enrol again'; host: number }
  | { do: 'pull or put back'; host: number; disk: number }
  | { do: 'fail or mend'; host: number; disk: number }
  | { do: 'array'; host: number; array: number; degraded: number };

export type CrashStep =
  | { do: 'kill'; manager: number }
  | { do: 'cut'; manager: number }
  | { do: 'strike'; window: WindowName; blow: 'cut' | 'kill'; skip: number }
  | { do: 'empty Redis' }
  | { do: 'time passes' };

export type Step = PeopleStep | HostStep | CrashStep;

export interface ServiceChange {
  cordoned?: boolean;
  draining?: boolean;
}

/** Steps of one group begin at once. */
export type Group = Step[];

const n = fc.nat(30);
const one = <Name extends Step['do']>(name: Name) => ({ do: fc.constant(name) });

const createTarget = fc.record({ ...one('create target'), host: n, disk: n, pool: n });

const people = fc.oneof(
  { weight: 3, arbitrary: createTarget },
  { weight: 2, arbitrary: fc.record({ ...one('delete target'), target: n, force: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      ...one('ask for a lease'),
      ...{ target: n, key: fc.nat(3), times: fc.integer({ min: 1, max: 3 }) },
    }),
  },
  { weight: 1, arbitrary: fc.record({ ...one('add spare'), host: n, disk: n, pool: n }) },
  { weight: 1, arbitrary: fc.record({ ...one('remove spare'), spare: n }) },
  {
    weight: 2,
    arbitrary: fc.record({
      ...one('serve'),
      ...{ what: fc.constantFrom('spare' as const, 'host' as const), nth: n },
      change: fc.constantFrom<ServiceChange>(
        ...[{ cordoned: true }, { cordoned: false }, { draining: true }],
        ...[{ draining: false }, { draining: false, cordoned: false }],
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...one('change policy'),
      ...{ pool: n, lowWaterBlocks: fc.integer({ min: 5, max: 60 }) },
      reservePercent: fc.constantFrom(0, 20),
    }),
  },
);

const hosts = fc.oneof(
  { weight: 6, arbitrary: fc.record({ ...one('turn'), host: n }) },
  {
    weight: 5,
    arbitrary: fc.record({ ...one('remap'), target: n, blocks: fc.integer({ min: 1, max: 60 }) }),
  },
  { weight: 3, arbitrary: fc.record({ ...one('report'), host: n }) },
  { weight: 1, arbitrary: fc.record({ ...one('fetch'), host: n }) },
  { weight: 1, arbitrary: fc.record({ ...one('apply what was fetched'), host: n, pick: n }) },
  { weight: 1, arbitrary: fc.record({ ...one('hold a report back'), host: n }) },
  { weight: 2, arbitrary: fc.record({ ...one('send an old report'), host: n, pick: n }) },
  { weight: 1, arbitrary: fc.record({ ...one('reboot'), host: n, forgets: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ ...one('forget'), host: n }) },
  { weight: 1, arbitrary: fc.record({ ...one('enrol again'), host: n }) },
  { weight: 1, arbitrary: fc.record({ ...one('pull or put back'), host: n, disk: n }) },
  { weight: 1, arbitrary: fc.record({ ...one('fail or mend'), host: n, disk: n }) },
  {
    weight: 1,
    arbitrary: fc.record({ ...one('array'), host: n, array: fc.nat(1), degraded: fc.nat(1) }),
  },
);

const crashes = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      ...one('strike'),
      window: fc.constantFrom(...WINDOW_NAMES),
      blow: fc.constantFrom('cut' as const, 'cut' as const, 'kill' as const),
      skip: fc.nat(2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ ...one('kill'), manager: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ ...one('cut'), manager: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record(one('empty Redis')) },
  { weight: 1, arbitrary: fc.record(one('time passes')) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: people },
  { weight: 6, arbitrary: hosts },
  { weight: 2, arbitrary: crashes },
);

/** Targets to begin with, then anything. */
export const anyGroups = (most: number): fc.Arbitrary<Group[]> =>
  fc
    .tuple(
      fc.array<Step>(createTarget, { minLength: 2, maxLength: 6 }),
      fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 4, maxLength: most }),
    )
    .map(([targets, groups]) => [targets, ...groups]);
