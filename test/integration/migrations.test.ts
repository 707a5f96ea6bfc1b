import { describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/manager/database/options';
import { sql } from '../support/database';
import { Manager, newBacking } from '../support/manager';

describe('the migrations', () => {
  it('go up, all the way down, and up again', async () => {
    const { databaseUrl } = await newBacking();
    const source = new DataSource(dataSourceOptions(databaseUrl, () => undefined));
    await source.initialize();
    const tables = async () =>
      (
        await source.query<{ name: string }[]>(
          "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
        )
      ).map(({ name }) => name);
    const applied = await source.runMigrations();
    expect(await tables()).toEqual(expect.arrayContaining(['host', 'lease', 'need', 'outbox']));
    for (let n = 0; n < applied.length; n++) await source.undoLastMigration();
    expect(await tables()).toEqual(['migrations']);
    await source.runMigrations();
    await source.destroy();
  });

  it('of a newer manager leave an older one its statements', async () => {
    const backing = await newBacking();
    const manager = await Manager.startReady(backing);
    try {
      const { api } = manager;
      const ask = () => Promise.all([1, 2, 3].map(() => api.call('GET', '/v1/pools')));
      await api.createPool('first');
      for (let n = 0; n < 10; n++) await ask();
      await sql(backing.databaseUrl, 'ALTER TABLE pool ALTER COLUMN name TYPE varchar');
      await ask();
      await api.createPool('second');
      await ask();
    } finally {
      await manager.kill('SIGTERM');
    }
  });
});
