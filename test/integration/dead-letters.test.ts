import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { DeadLetter, QueueStatus, Spare, Target } from '../../libs/contract/index.js';
import { sql } from '../support/database';
import { eventually, FakeAgent } from '../support/fake-agent';
import { Manager, newBacking, type Backing } from '../support/manager';
import { freePort } from '../support/services';

let backing: Backing;
let manager: Manager;

beforeAll(async () => {
  backing = await newBacking();
  manager = await Manager.startReady(backing);
});
afterAll(async () => {
  await manager.kill('SIGTERM');
});

const ask = <Row>(text: string, parameters: unknown[] = []) =>
  sql<Row>(backing.databaseUrl, text, parameters);

const letters = async (): Promise<DeadLetter[]> =>
  (await manager.api.call<{ items: DeadLetter[] }>('GET', '/v1/queue/dead-letters')).items;

const letterOf = (needId: string) =>
  eventually(async () => (await letters()).find(({ subjectId }) => subjectId === needId), 30_000);

interface Failed {
  state: string;
  attempts: number;
  error: string;
}

const failureOf = async (needId: string): Promise<Failed | undefined> => {
  const [row] = await ask<Failed>(
    `SELECT state, attempts, last_error AS error FROM failed_message WHERE subject_id = $1`,
    [needId],
  );
  return row;
};

const publish = (needId: string) =>
  ask(`INSERT INTO outbox (kind, subject_id) VALUES ('place', $1)`, [needId]);

interface Broken {
  target: Target;
  spare: Spare;
  needId: string;
}

/** A target that waits for a lease, and whose row is broken so that placing it fails every time. */
async function brokenTarget(name: string): Promise<Broken> {
  const { api } = manager;
  const agent = await FakeAgent.enrol(api, name, 2);
  const pool = await api.createPool(name);
  const spare = await api.createSpare(pool.id, agent.hostId, agent.diskId(1));
  await api.call('PATCH', `/v1/spares/${spare.id}`, { cordoned: true });
  const target = await api.createTarget({
    ...{ hostId: agent.hostId, poolId: pool.id, name: 'r0' },
    mainDeviceId: agent.diskId(2),
  });
  const need = await eventually(async () =>
    (await api.needs(target.id)).find(({ state }) => state === 'unmet'),
  );
  await ask('UPDATE target SET deleted_at = now() WHERE id = $1', [target.id]);
  return { target, spare, needId: need.id };
}

const mend = (target: Target) =>
  ask('UPDATE target SET deleted_at = NULL WHERE id = $1', [target.id]);

/** Lets a message fail so often that one more time is the last. */
async function failOften(needId: string): Promise<void> {
  await publish(needId);
  await eventually(async () => (await failureOf(needId))?.state === 'waiting', 30_000);
  await ask(
    `UPDATE failed_message SET attempts = 11, next_attempt_at = now() WHERE subject_id = $1`,
    [needId],
  );
}

describe('a message whose handler always fails', () => {
  it('is tried again after growing pauses, and in the end kept as a dead letter that says why', async () => {
    const { api } = manager;
    const { target, needId } = await brokenTarget('failing');
    await publish(needId);
    await eventually(async () => (await failureOf(needId))?.state === 'waiting', 30_000);
    expect(await failureOf(needId)).toMatchObject({ attempts: 1 });
    const pauseOf = async () => {
      const [row] = await ask<{ pause: number }>(
        `SELECT extract(epoch FROM next_attempt_at - last_failed_at)::float8 AS pause
         FROM failed_message WHERE subject_id = $1`,
        [needId],
      );
      return row?.pause ?? 0;
    };
    expect(await pauseOf()).toBeCloseTo(5, 0);
    await eventually(async () => (await failureOf(needId))?.attempts === 2, 30_000);
    await eventually(async () => (await failureOf(needId))?.state === 'waiting', 30_000);
    expect(await pauseOf()).toBeCloseTo(10, 0);

    await failOften(needId);
    const letter = await letterOf(needId);
    expect(letter).toMatchObject({
      ...{ kind: 'place', hostName: 'failing', targetId: target.id, targetName: 'r0' },
      attempts: 12,
    });
    expect(letter.lastError).toContain(target.id);
    const [event] = await api.events('queue.dead-letter');
    expect(event).toMatchObject({
      severity: 'error',
      targetId: target.id,
      data: { deadLetterId: letter.id, subjectId: needId, attempts: 12 },
    });
    const { redis, kinds } = await api.call<QueueStatus>('GET', '/v1/queue');
    expect(redis).toBe('up');
    expect(kinds.find(({ kind }) => kind === 'place')).toMatchObject({ dead: 1, retrying: 0 });
  });

  it('is not tried any more once it is dead, also when its need is due or its message comes again', async () => {
    const { needId } = await brokenTarget('quiet');
    await failOften(needId);
    const { id } = await letterOf(needId);
    const before = await failureOf(needId);
    await ask(`UPDATE need SET next_attempt_at = now() - interval '1 h' WHERE id = $1`, [needId]);
    await publish(needId);
    await eventually(
      async () =>
        (await ask('SELECT FROM outbox')).length === 0 &&
        (await manager.api.call<QueueStatus>('GET', '/v1/queue')).kinds.every(
          ({ jobs }) => jobs?.waiting === 0 && jobs.active === 0,
        ),
    );
    const [due] = await ask<{ due: boolean }>(
      'SELECT next_attempt_at < now() AS due FROM need WHERE id = $1',
      [needId],
    );
    expect(due).toEqual({ due: true });
    expect(await failureOf(needId)).toEqual(before);
    expect((await letterOf(needId)).id).toBe(id);
  });

  it('comes alive again when somebody retries it, and is gone when it then succeeds', async () => {
    const { api } = manager;
    const { target, spare, needId } = await brokenTarget('mended');
    await failOften(needId);
    const { id } = await letterOf(needId);
    await mend(target);
    await ask('UPDATE spare SET cordoned = false WHERE id = $1', [spare.id]);
    expect((await api.request('POST', `/v1/queue/dead-letters/${id}/retry`)).status).toBe(204);
    await eventually(async () => (await api.needs(target.id))[0]?.state === 'placed');
    await eventually(async () => (await failureOf(needId)) === undefined);
    const { items } = await api.call<{ items: object[] }>('GET', '/v1/audit');
    expect(items[0]).toMatchObject({ action: 'dead-letter.retry', subject: String(id) });
    expect(await api.problem('POST', `/v1/queue/dead-letters/${id}/retry`)).toMatchObject({
      status: 404,
      code: 'dead-letter-not-found',
    });
  });

  it('is given up only with a reason, which the need and the audit log then say', async () => {
    const { api } = manager;
    const { target, needId } = await brokenTarget('given-up');
    await failOften(needId);
    const path = `/v1/queue/dead-letters/${(await letterOf(needId)).id}`;
    expect(await api.problem('DELETE', path)).toMatchObject({ code: 'reason-missing' });
    expect((await api.request('DELETE', `${path}?reason=scrapped`)).status).toBe(204);
    expect((await api.needs(target.id))[0]).toMatchObject({
      ...{ hostName: 'given-up', targetName: target.name },
      state: 'cancelled',
      message: 'given up by bootstrap: scrapped',
    });
    expect(await failureOf(needId)).toBeUndefined();
    const { items } = await api.call<{ items: object[] }>('GET', '/v1/audit');
    expect(items[0]).toMatchObject({
      action: 'dead-letter.discard',
      reason: 'scrapped',
      detail: { subjectId: needId },
    });
  });

  it('is no dead letter any more when its need was settled in another way', async () => {
    const { target, spare, needId } = await brokenTarget('settled');
    await failOften(needId);
    await letterOf(needId);
    await mend(target);
    await manager.api.call('PATCH', `/v1/spares/${spare.id}`, { cordoned: false });
    await eventually(async () => (await failureOf(needId)) === undefined);
    expect((await manager.api.needs(target.id))[0]?.state).toBe('placed');
  });
});

describe('a message that ends every manager that takes it up', () => {
  it('becomes a dead letter instead of being taken up for ever', async () => {
    const needId = randomUUID();
    await ask(`INSERT INTO outbox (kind, subject_id, attempts) VALUES ('place', $1, 12)`, [needId]);
    expect((await letterOf(needId)).lastError).toContain('none got to an end');
    expect(await ask('SELECT FROM outbox WHERE subject_id = $1', [needId])).toEqual([]);
  });

  it('also when it is a retry that never ends', async () => {
    const { needId } = await brokenTarget('endless');
    await ask(
      `INSERT INTO failed_message (kind, subject_id, state, attempts, last_error, first_failed_at,
                                   last_failed_at, next_attempt_at)
       VALUES ('place', $1, 'trying', 12, 'x', now(), now(), now())
       ON CONFLICT (kind, subject_id) DO UPDATE SET state = 'trying', attempts = 12, next_attempt_at = now()`,
      [needId],
    );
    await letterOf(needId);
  });
});

describe('without Redis', () => {
  it('a failing message ends as a dead letter all the same, and the queue says that Redis is down', async () => {
    const { needId } = await brokenTarget('no-redis');
    await manager.kill('SIGTERM');
    const redisUrl = `redis://127.0.0.1:${await freePort()}/0`;
    manager = await Manager.startReady({ ...backing, redisUrl });
    await failOften(needId);
    await letterOf(needId);
    const { redis, kinds } = await manager.api.call<QueueStatus>('GET', '/v1/queue');
    expect(redis).toBe('down');
    expect(kinds.map(({ jobs }) => jobs)).toEqual([null, null]);
  });
});
