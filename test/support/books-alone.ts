import { DataSource } from 'typeorm';
import type { Sql } from '../../src/manager/database/database.service';
import { dataSourceOptions, readRowsAsContract } from '../../src/manager/database/options';
import { newBacking } from './manager';

/** Empty books without a manager, for what repositories do with them. */
export async function booksAlone(): Promise<Sql & { close: () => Promise<void> }> {
  readRowsAsContract();
  const { databaseUrl } = await newBacking();
  const source = new DataSource(dataSourceOptions(databaseUrl, () => undefined));
  await source.initialize();
  await source.runMigrations();
  return {
    query: (text, parameters) => source.query(text, parameters && [...parameters]),
    close: () => source.destroy(),
  };
}
