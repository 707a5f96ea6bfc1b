import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { Pool, Problem, Sectors } from '../../libs/contract/index.js';
import type { FleetPlan } from '../support/books/fleet';
import { ALWAYS, AT_REST, mustHold } from '../support/books/laws';
import { comeToRest } from '../support/books/rest';
import { runStep } from '../support/books/run-step';
import type { Step } from '../support/books/steps';
import { World } from '../support/books/world';
import { Crew } from '../support/crashes/crew';
import { WINDOW_NAMES } from '../support/crashes/windows';
import { eventually } from '../support/fake-agent';
import { newBacking, type Backing } from '../support/manager';

let backing: Backing;
let crew: Crew;
let sql: Client;

beforeAll(async () => {
  backing = await newBacking();
  crew = await Crew.start(backing, 3);
  sql = new Client({ connectionString: backing.databaseUrl });
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await crew.dismiss();
});

const disk = (spareOf: number | null) => ({ domains: {}, leases: 12, spareOf, array: null });
const FLEET: FleetPlan = {
  hosts: [1, 2].map(() => ({ disks: [disk(0), disk(0), disk(null), disk(null)] })),
  shelf: [],
  pools: [{ leaseSectors: 512 as Sectors, lowWaterBlocks: 10 }],
};

const on = (host: number): Step[] => [
  { do: 'turn', host },
  { do: 'report', host },
];

/** From the wish for a target over its leases to the last of them released. */
const LIFE: Step[] = [
  ...[0, 1, 2, 3].map((n): Step => ({ do: 'create target', host: n, disk: n >> 1, pool: 0 })),
  ...[...on(0), ...on(1)],
  ...[0, 1, 2, 3].map((target): Step => ({ do: 'ask for a lease', target, key: 0, times: 2 })),
  ...[...on(0), ...on(1)],
  ...[0, 1, 2, 3].map((target): Step => ({ do: 'remap', target, blocks: 115 })),
  ...[...on(0), ...on(1), ...on(0), ...on(1)],
  ...[0, 1, 2].map((target): Step => ({ do: 'delete target', target, force: true })),
  ...[...on(0), ...on(1), ...on(0), ...on(1)],
];

const MOST_LIVES = 4;

/** No step leads to it: the managers sweep every two seconds, and a life may be shorter. */
const SWEEPING = 'due needs taken, not in the outbox';

describe('a manager that is struck between any two steps', () => {
  it.each([
    ['loses its connection', 'cut'],
    ['is killed', 'kill'],
  ] as const)(
    '%s, and the others and its successor lose nothing',
    async (_, blow) => {
      const missed = () =>
        WINDOW_NAMES.filter((window) => crew.sabotage.struck({ window, blow }) === 0);
      for (let life = 0; life < MOST_LIVES && missed().length > 0; life++) {
        const world = await World.build(FLEET, crew, sql);
        for (const window of missed()) crew.sabotage.arm({ window, blow });
        for (const step of LIFE) await runStep(world, step, backing.redisUrl);
        const swept = () => crew.sabotage.struck({ window: SWEEPING, blow }) > 0;
        await eventually(() => Promise.resolve(swept()));
        await mustHold(ALWAYS, world);
        await comeToRest(world);
        await mustHold(AT_REST, world);
      }
      expect(missed()).toEqual([]);
      expect(crew.complaints).toBe('');
    },
    600_000,
  );
});

describe('a caller whose change was committed while the connection was lost', () => {
  it('is not told that nothing was changed, and learns by a repeat that it was', async () => {
    const api = await crew.api(0);
    const wish = { name: 'committed-untold' };
    const headers = { 'idempotency-key': 'committed-untold' };
    crew.sabotage.arm({ window: 'request committed, caller not told', blow: 'cut' });
    const untold = await api.request<Problem>('POST', '/v1/pools', wish, headers);
    expect(untold).toMatchObject({ status: 503, body: { code: 'database-unavailable' } });
    expect(untold.body.detail).toContain('not known');
    const told = await crew.ask<Pool>(1, 'POST', '/v1/pools', wish, { headers });
    expect(told).toMatchObject({ status: 201, body: { name: wish.name } });
    const rows = await sql.query('SELECT id FROM pool WHERE name = $1', [wish.name]);
    expect(rows.rows).toEqual([{ id: told.body.id }]);
  });
});
