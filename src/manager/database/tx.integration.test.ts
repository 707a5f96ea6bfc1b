import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import type { QueryRunner } from 'typeorm';
import { newBacking } from '../../../test/support/manager.js';
import { AllOrNone1763800000140 } from '../../../migrations/1763800000140-all-or-none.js';
import { isNotAll } from './errors.js';
import { Tx, type Statement } from './tx.js';

let client: Client;

beforeAll(async () => {
  const { databaseUrl } = await newBacking();
  client = new Client({ connectionString: databaseUrl, pipeline: true });
  await client.connect();
  await client.query('CREATE TABLE note (text text)');
  await new AllOrNone1763800000140().up(client as unknown as QueryRunner);
});
afterEach(() => client.query('TRUNCATE note'));
afterAll(() => client.end());

const write = (tx: Tx, text: string) => tx.query('INSERT INTO note VALUES ($1)', [text]);
const fail = (tx: Tx) => tx.query('SELECT 1 / $1::int', [0]);

async function begun(): Promise<Tx> {
  const tx = new Tx(client);
  await tx.begin();
  return tx;
}

async function notes(): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>('SELECT text FROM note ORDER BY text');
  return rows.map(({ text }) => text);
}

it('sends what it reads first with BEGIN, and keeps the order once something has to wait', async () => {
  const sent = jest.spyOn(client, 'query');
  const tx = new Tx(client);
  tx.open();
  const answers = Promise.all([
    tx.query('SELECT text FROM note'),
    write(tx, 'a'),
    tx.query('SELECT text FROM note'),
  ]);
  const texts = sent.mock.calls.map(([query]) => (query as { text?: string }).text);
  expect(texts).toEqual(['BEGIN', 'SELECT text FROM note']);
  expect(await answers).toEqual([[], [], [{ text: 'a' }]]);
  await tx.rollBack();
  jest.restoreAllMocks();
  expect(await notes()).toEqual([]);
});

it.each<[string, unknown[]]>([
  ['uuid', ['22c78307-27ae-4359-8083-1c973905fecf', null]],
  ['uuid', ['22c78307-27ae-4359-8083-1c973905fecf']],
  ['bigint', [0, -7, 2 ** 53 - 1]],
  ['float8', [0.1, 1e-7, 1e21, Infinity, -0.5]],
  ['text', ['', '{', ',', '"', 'NULL', null, 'a b']],
  ['uuid', []],
])('tells PostgreSQL an array of %s as it is: %j', async (type, list) => {
  const tx = await begun();
  const [row] = await tx.query<{ list: unknown[] }>(
    `SELECT array_to_json($1::${type}[]) AS list, $2::text AS other`,
    [list, 'x'],
  );
  expect(row?.list).toEqual(list.map((value) => (value === Infinity ? 'Infinity' : value)));
  await tx.rollBack();
});

it('refuses an id that is none', async () => {
  const tx = await begun();
  const id = '22c78307-27ae-4359-8083-1c973905fecf","22c78307-27ae-4359-8083-1c973905fece';
  await expect(tx.query('SELECT $1::uuid[]', [[id]])).rejects.toThrow(/malformed|invalid/);
  await tx.rollBack();
});

it('writes nothing when BEGIN was refused, and says why', async () => {
  const tx = new Tx(client);
  jest.spyOn(tx, 'begin').mockImplementation(async () => {
    await client.query('BEGIN NOTHING');
  });
  tx.open();
  const outcomes = await Promise.allSettled([
    tx.query('SELECT text FROM note'),
    write(tx, 'a'),
    tx.query('SELECT text FROM note'),
    tx.commit(),
  ]);
  for (const outcome of outcomes)
    expect(outcome).toMatchObject({ reason: expect.objectContaining({ code: '42601' }) });
  await tx.rollBack();
  expect(await notes()).toEqual([]);
});

it('sends nothing that waited for BEGIN once it is rolled back', async () => {
  const tx = new Tx(client);
  tx.open();
  const refused = write(tx, 'late');
  const rolledBack = tx.rollBack();
  await expect(refused).rejects.toThrow('the transaction is over');
  await rolledBack;
  expect(await notes()).toEqual([]);
});

it('runs what is asked for together in the order in which it is asked', async () => {
  const tx = await begun();
  const [, before, , after] = await Promise.all([
    write(tx, 'a'),
    tx.query('SELECT text FROM note'),
    write(tx, 'b'),
    tx.query('SELECT text FROM note'),
  ]);
  await tx.commit();
  expect([before, after]).toEqual([[{ text: 'a' }], [{ text: 'a' }, { text: 'b' }]]);
  expect(await notes()).toEqual(['a', 'b']);
});

it('writes nothing more of a transaction once a statement beside it has failed', async () => {
  const tx = await begun();
  const goesOn = write(tx, 'before').then(async () => {
    // Further behind than whoever rolls back.
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    await write(tx, 'after');
  });
  await expect(Promise.all([goesOn, fail(tx)])).rejects.toThrow('division by zero');
  await tx.rollBack();
  await expect(goesOn).rejects.toThrow();
  expect(await notes()).toEqual([]);
  await expect(write(tx, 'late')).rejects.toThrow('the transaction is over');
});

it('fails by the statement that failed first, whoever hears of it first', async () => {
  const tx = await begun();
  const first = fail(tx).finally(async () => {
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
  });
  await expect(Promise.all([first, write(tx, 'refused')])).rejects.toThrow('division by zero');
  await tx.rollBack();
});

it('is not committed when a statement failed that nobody asked the outcome of', async () => {
  const tx = await begun();
  await write(tx, 'lost');
  await fail(tx).catch(() => undefined);
  await expect(tx.commit()).rejects.toThrow('a statement failed unnoticed');
  expect(await notes()).toEqual([]);
});

it('writes with the commit what was to come last', async () => {
  const tx = await begun();
  tx.beforeCommit(() => [['INSERT INTO note VALUES ($1)', ['last']]]);
  await tx.commit();
  expect(await notes()).toEqual(['last']);
});

const adding = (text: unknown): Statement => [
  'INSERT INTO note VALUES ($1) RETURNING text',
  [text],
];

it('writes with the commit what was to travel with it, in that order, and tells of it afterwards', async () => {
  const tx = await begun();
  const told: unknown[] = [];
  const tell = (rows: unknown[]) => void told.push(...rows);
  tx.beforeCommit(() => [adding('c')]);
  tx.withCommit(adding('a'), tell);
  tx.withCommit(['SELECT text FROM note'], tell);
  tx.withCommit(adding('b'), tell);
  tx.afterCommit(() => void told.push('the hooks'));
  await tx.commit();
  expect(told).toEqual([]);
  tx.committed();
  expect(told).toEqual([{ text: 'a' }, { text: 'a' }, { text: 'b' }, 'the hooks']);
  expect(await notes()).toEqual(['a', 'b', 'c']);
});

it('refuses what comes too late to travel with the commit', async () => {
  const tx = await begun();
  await tx.commit();
  expect(() => {
    tx.withCommit(adding('late'));
  }).toThrow('the transaction is over');
});

const refuse = (): string => {
  throw new Error('no such value');
};

it.each<[string, Statement]>([
  ['that cannot be made', ['SELECT $1::uuid[]', [[{ toString: refuse }]]]],
  ['that the driver refuses', ['SELECT $1::text', [{ toPostgres: refuse }]]],
])('commits nothing when a statement %s was to travel with it', async (_, bad) => {
  const tx = await begun();
  await write(tx, 'lost');
  for (const statement of [adding('lost too'), bad, adding('lost as well')])
    tx.withCommit(statement);
  await expect(tx.commit()).rejects.toThrow('no such value');
  await tx.rollBack();
  expect(await notes()).toEqual([]);
});

it('rolls all back when there are not all of the rows that a statement was to find', async () => {
  const tx = await begun();
  await write(tx, 'lost');
  tx.withCommit(['SELECT all_or_none(1, 1), all_or_none(1, 2)']);
  const error: unknown = await tx.commit().catch((reason: unknown) => reason);
  expect(isNotAll(error)).toBe(true);
  await tx.rollBack();
  expect(await notes()).toEqual([]);
});

it('fails by the statement that was to come last, and not by the commit behind it', async () => {
  const tx = await begun();
  await write(tx, 'lost');
  tx.beforeCommit(() => [['SELECT 1 / $1::int', [0]]]);
  await expect(tx.commit()).rejects.toThrow('division by zero');
  await tx.rollBack();
  expect(await notes()).toEqual([]);
});
