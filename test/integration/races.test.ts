import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Client } from 'pg';
import type { ObservedState } from '../../libs/contract/index.js';
import { ApiProblem, type Api } from '../support/api';
import { overlappingLeases, sql } from '../support/database';
import { eventually, FakeAgent } from '../support/fake-agent';
import { Manager, newBacking, type Backing } from '../support/manager';

let backing: Backing;
let managers: Manager[];

beforeAll(async () => {
  backing = await newBacking();
  managers = await Promise.all([1, 2, 3].map(() => Manager.startReady(backing)));
});
afterAll(async () => {
  await Promise.all(managers.map((manager) => manager.kill('SIGTERM')));
});

function anyApi(n: number): Api {
  const manager = managers[n % managers.length];
  if (!manager) throw new Error('no manager runs');
  return manager.api;
}

/** Tries again, as the answer says, while the database has no connection to spare; the key makes that safe. */
async function untilAnswered<T>(request: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof ApiProblem && error.problem.code === 'database-unavailable')) {
        throw error;
      }
    }
  }
}

describe('the books', () => {
  it('never lend a sector twice while three managers place many needs at once', async () => {
    const api = anyApi(0);
    const agent = await FakeAgent.enrol(api, 'crowd', 16);
    const pool = await api.createPool('crowd');
    for (const n of [1, 2, 3, 4]) await api.createSpare(pool.id, agent.hostId, agent.diskId(n));
    const targets = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        anyApi(n).createTarget({
          ...{ hostId: agent.hostId, poolId: pool.id, name: `t${n}` },
          mainDeviceId: agent.diskId(8 + n),
        }),
      ),
    );
    const keys = Array.from({ length: 10 }, (_, n) => `key-${n}`);
    await Promise.all(
      targets.flatMap((target) =>
        keys.flatMap((key, n) =>
          [n, n + 1].map((m) =>
            untilAnswered(() =>
              anyApi(m).call(
                'POST',
                `/v1/targets/${target.id}/leases`,
                {},
                { 'idempotency-key': key },
              ),
            ),
          ),
        ),
      ),
    );
    await eventually(async () => {
      const needs = await api.needs();
      return needs.length === 88 && needs.every(({ state }) => state === 'placed');
    }, 60_000);
    expect(await overlappingLeases(backing.databaseUrl)).toEqual([]);
    const leases = await api.leases();
    expect(leases).toHaveLength(88);
    for (const target of targets) {
      const own = leases.filter(({ targetId }) => targetId === target.id);
      expect(own.map(({ generation }) => generation).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 11 }, (_, n) => n + 1),
      );
    }
    const perSpare = [1, 2, 3, 4].map(
      (n) => leases.filter((l) => l.deviceId === agent.diskId(n)).length,
    );
    // Two are drawn for each need and the emptier one is taken: even, but for a few.
    expect(Math.max(...perSpare) - Math.min(...perSpare)).toBeLessThanOrEqual(8);
    await agent.settle(0);
    const states = (await api.leases()).map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(['active']));
  });

  it('lend nothing for a need that is given up while it is planned', async () => {
    const api = anyApi(0);
    const agent = await FakeAgent.enrol(api, 'given-up', 4);
    const pool = await api.createPool('given-up');
    const target = await api.createTarget({
      ...{ hostId: agent.hostId, poolId: pool.id, name: 't' },
      mainDeviceId: agent.diskId(1),
    });
    const stateOf = async () =>
      (await api.needs()).find(({ targetId }) => targetId === target.id)?.state;
    await eventually(async () => (await stateOf()) === 'unmet');
    const waiting = async () =>
      sql(
        backing.databaseUrl,
        `SELECT pid FROM pg_stat_activity WHERE datname = current_database()
           AND wait_event_type = 'Lock' AND query LIKE '%SET state = ''placed''%'`,
      );
    const other = new Client({ connectionString: backing.databaseUrl });
    await other.connect();
    try {
      await other.query('BEGIN');
      await other.query(`UPDATE need SET state = 'cancelled' WHERE target_id = $1`, [target.id]);
      await api.createSpare(pool.id, agent.hostId, agent.diskId(2));
      await eventually(async () => (await waiting()).length > 0);
      await other.query('COMMIT');
    } finally {
      await other.end();
    }
    await eventually(async () => {
      const [row] = await sql<{ free: boolean }>(
        backing.databaseUrl,
        `SELECT count(*) = 0 AS free FROM pg_locks JOIN pg_database ON pg_database.oid = database
         WHERE datname = current_database() AND relation = 'lease'::regclass
           AND mode = 'RowExclusiveLock'`,
      );
      return row?.free === true;
    });
    expect(await stateOf()).toBe('cancelled');
    expect(await api.leases(target.id)).toEqual([]);
  });

  it('are guarded by the database itself', async () => {
    await expect(
      sql(
        backing.databaseUrl,
        `INSERT INTO lease (target_id, spare_id, need_id, extent, generation, total_blocks, created_at)
         SELECT target_id, spare_id, gen_random_uuid(), extent, 1, 1, now() FROM lease LIMIT 1`,
      ),
    ).rejects.toThrow('lease_extents_never_overlap');
  });

  it('name only what is in the books, which keep all that is named', async () => {
    const columns = 'target_id, spare_id, need_id, extent, generation, total_blocks, created_at';
    const far = 'int8range(upper(extent) + 1000000000, upper(extent) + 1000000008), 1, 1, now()';
    const unknown = 'gen_random_uuid()';
    const [free] = await sql<{ id: string }>(
      backing.databaseUrl,
      `INSERT INTO need (target_id, host_id, cause, state, request_key, sectors, created_at, updated_at,
                         next_attempt_at)
       SELECT target_id, host_id, 'requested', 'cancelled', 'without a lease', 8, now(), now(), now()
       FROM need LIMIT 1 RETURNING id`,
    );
    const needId = `'${free?.id ?? ''}'::uuid`;
    for (const named of [
      `${unknown}, spare_id, ${needId}`,
      `target_id, ${unknown}, ${needId}`,
      `target_id, spare_id, ${unknown}`,
    ])
      await expect(
        sql(
          backing.databaseUrl,
          `INSERT INTO lease (${columns}) SELECT ${named}, ${far} FROM lease LIMIT 1`,
        ),
      ).rejects.toThrow('that is not in the books');
    for (const attempt of [
      ...['spare', 'target', 'need'].flatMap((table) => [
        `DELETE FROM ${table}`,
        `UPDATE ${table} SET id = gen_random_uuid()`,
      ]),
      'UPDATE lease SET spare_id = gen_random_uuid()',
    ])
      await expect(sql(backing.databaseUrl, attempt)).rejects.toThrow('are kept: others name them');
  });

  it('do not change when outbox rows are published again, as after a crash before they were deleted', async () => {
    const before = await anyApi(0).leases();
    await sql(
      backing.databaseUrl,
      `INSERT INTO outbox (kind, subject_id) SELECT 'place', id FROM need, generate_series(1, 3)`,
    );
    await eventually(async () => {
      const [row] = await sql<{ n: number }>(
        backing.databaseUrl,
        'SELECT count(*)::int AS n FROM outbox',
      );
      return row?.n === 0;
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await anyApi(1).leases()).toEqual(before);
  });

  it('end the same whatever order reports, repeats and requests come in', async () => {
    const api = anyApi(0);
    const agent = await FakeAgent.enrol(api, 'shuffle', 4);
    const pool = await api.createPool('shuffle');
    for (const n of [1, 2]) await api.createSpare(pool.id, agent.hostId, agent.diskId(n));
    const target = await api.createTarget({
      ...{ hostId: agent.hostId, poolId: pool.id, name: 's0' },
      mainDeviceId: agent.diskId(3),
    });
    await eventually(() => agent.turn(5));
    const step = fc.oneof(
      fc.record({ kind: fc.constant('remap' as const), blocks: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ kind: fc.constant('repeat' as const), back: fc.nat(5) }),
      fc.record({ kind: fc.constant('turn' as const) }),
      fc.record({ kind: fc.constant('ask' as const), key: fc.nat(3) }),
    );
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), fc.nat(), async (steps, salt) => {
        round += 1;
        const sent: ObservedState[] = [];
        await Promise.all(
          steps.map(async (one, n) => {
            const via = anyApi(salt + n);
            if (one.kind === 'remap') {
              agent.remap(target.id, one.blocks);
              sent.push(agent.state());
              await agent.reportWhole(sent.at(-1));
            } else if (one.kind === 'repeat') {
              const old = sent.at(-1 - one.back);
              if (old) await agent.reportWhole(old);
            } else if (one.kind === 'ask') {
              const headers = { 'idempotency-key': `r${round}-${one.key}` };
              await via.call('POST', `/v1/targets/${target.id}/leases`, {}, headers);
            } else await agent.turn();
          }),
        );
        await agent.report();
        const seen = (await api.target(target.id)).observed;
        expect(seen?.usedBlocks).toBe(agent.targets.get(target.id)?.usedBlocks);
        expect(await overlappingLeases(backing.databaseUrl)).toEqual([]);
      }),
      { numRuns: 12 },
    );
    await eventually(async () => {
      await agent.turn();
      const needs = await api.needs(target.id);
      return needs.every(({ state }) => state === 'fulfilled' || state === 'unmet');
    });
    const told = (await api.events('target.remapped')).filter((e) => e.targetId === target.id);
    const sum = told.reduce((total, e) => total + Number(e.data.delta), 0);
    expect(sum).toBe(agent.targets.get(target.id)?.usedBlocks);
  });

  it('give events numbers that become visible in their order', async () => {
    const ids = (await anyApi(2).events()).map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
  });
});
