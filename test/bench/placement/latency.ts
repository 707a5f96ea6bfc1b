import { Queue } from 'bullmq';
import { Client } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { redisOptions } from '../../../src/manager/queue/redis-options.js';

/**
 * Adds one job for each need at a steady rate, whatever the manager does meanwhile, and tells the time in ms
 * from when a job was due until its lease was booked, by the database's clock on the same machine.
 */
export async function latency(
  { databaseUrl, redisUrl }: { databaseUrl: string; redisUrl: string },
  needIds: readonly string[],
  perSecond: number,
): Promise<{ p50: number; p99: number }> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const queue = new Queue('placement', { connection: redisOptions(redisUrl) });
  const due = new Map<string, number>();
  const start = Date.now() + 100;
  const adding: Promise<unknown>[] = [];
  for (const [n, id] of needIds.entries()) {
    const at = start + (n * 1000) / perSecond;
    due.set(id, at);
    const wait = at - Date.now();
    if (wait > 1) await sleep(wait);
    adding.push(queue.add('place', { subjectIds: [id] }));
  }
  await Promise.all(adding);
  await sleep(2000);
  const { rows } = await client.query<{ id: string; at: number }>(
    `SELECT need.id, extract(epoch FROM need.updated_at)::float8 * 1000 AS at FROM need
     WHERE id = ANY ($1::uuid[]) AND state = 'placed'`,
    [needIds],
  );
  await queue.close();
  await client.end();
  if (rows.length < needIds.length) return { p50: Infinity, p99: Infinity };
  const waits = rows.map(({ id, at }) => at - (due.get(id) ?? 0)).sort((a, b) => a - b);
  const quantile = (q: number) => waits[Math.floor(q * (waits.length - 1))] ?? NaN;
  return { p50: quantile(0.5), p99: quantile(0.99) };
}
