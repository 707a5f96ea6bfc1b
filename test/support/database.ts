import { Client } from 'pg';

let number = 0;

/** A new empty database on the server of that URL. */
export async function createDatabase(serverUrl: string): Promise<string> {
  const name = `test_${process.pid}_${Date.now()}_${number++}`;
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Asks the database itself, past the manager. */
export async function sql<Row = Record<string, unknown>>(
  url: string,
  text: string,
  parameters: unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, parameters)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** Pairs of leases that lend the same sector: none, ever. */
export async function overlappingLeases(url: string): Promise<unknown[]> {
  return sql(
    url,
    `SELECT a.id, b.id FROM lease a JOIN lease b ON a.spare_id = b.spare_id AND a.id < b.id
       AND a.extent && b.extent AND a.state <> 'released' AND b.state <> 'released'`,
  );
}
