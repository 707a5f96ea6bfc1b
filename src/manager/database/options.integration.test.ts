import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { DataSource } from 'typeorm';
import { newBacking } from '../../../test/support/manager.js';
import { isDatabaseDown } from './errors.js';
import { dataSourceOptions } from './options.js';

const READY_FOR_QUERY = Buffer.from('Z\0\0\0\x05I', 'latin1');

const fields = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0', 'latin1');
const FATAL = Buffer.concat([
  Buffer.from('E\0\0\0', 'latin1'),
  Buffer.of(fields.length + 4),
  fields,
]);

let server: Server;
let dataSource: DataSource;
/** Whether connections that are opened now are ended in the breath that says they are ready. */
let ending = false;

beforeAll(async () => {
  const { databaseUrl } = await newBacking();
  const { port, hostname } = new URL(databaseUrl);
  server = createServer((client) => {
    const postgres = connect(Number(port), hostname);
    const ends = ending;
    for (const socket of [client, postgres]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        postgres.destroy();
      });
    }
    client.pipe(postgres);
    postgres.on('data', (answer) => {
      if (ends && answer.includes(READY_FOR_QUERY)) client.end(Buffer.concat([answer, FATAL]));
      else client.write(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  dataSource = new DataSource(dataSourceOptions(url.href, () => undefined));
  await dataSource.initialize();
});
afterAll(async () => {
  if (dataSource.isInitialized) await dataSource.destroy();
  server.close();
});

/** As many at a time as need new connections, beside the one that is open. */
const ask = () =>
  Promise.allSettled([1, 2, 3, 4].map(() => dataSource.query('SELECT pg_sleep(0.05)')));

it('outlives that PostgreSQL ends connections as soon as it has opened them', async () => {
  ending = true;
  const answers = await ask();
  const refused = answers.flatMap((it) => (it.status === 'rejected' ? [it.reason as unknown] : []));
  expect(refused).not.toEqual([]);
  expect(refused.filter((error) => !isDatabaseDown(error))).toEqual([]);
});

it('has connections again as soon as PostgreSQL opens them', async () => {
  ending = false;
  const answers = await ask();
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 'fulfilled'));
});
