import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { PinoLogger } from 'nestjs-pino';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { newBacking } from '../../../test/support/manager.js';
import { eventually } from '../../../test/support/fake-agent.js';
import { DatabaseService } from './database.service.js';
import { dataSourceOptions } from './options.js';

const LOCK = 1;

let source: DataSource;
let database: DatabaseService;
let onlooker: Client;

beforeAll(async () => {
  const { databaseUrl } = await newBacking();
  source = new DataSource(dataSourceOptions(databaseUrl, () => undefined));
  database = new DatabaseService(source, new PinoLogger({ pinoHttp: { level: 'silent' } }));
  database.onApplicationBootstrap();
  await eventually(() => Promise.resolve(database.isReady));
  onlooker = new Client({ connectionString: databaseUrl });
  await onlooker.connect();
});
afterAll(async () => {
  await onlooker.end();
  await source.destroy();
});

it('keeps others out of exclusive work, and lets them in when it is over', async () => {
  const done: string[] = [];
  await database.exclusively(LOCK, async () => {
    await database.exclusively(LOCK, () => Promise.resolve(void done.push('beside')));
    done.push('first');
  });
  await database.exclusively(LOCK, () => Promise.resolve(void done.push('later')));
  expect(done).toEqual(['first', 'later']);
});

it('keeps no snapshot while exclusive work lasts, so that what changes meanwhile can be cleared away', async () => {
  await database.exclusively(LOCK, async () => {
    const { rows } = await onlooker.query<{ backend_xmin: string | null }>(
      `SELECT backend_xmin FROM pg_stat_activity
       WHERE datname = current_database() AND state = 'idle in transaction'`,
    );
    expect(rows).toEqual([{ backend_xmin: null }]);
  });
});
