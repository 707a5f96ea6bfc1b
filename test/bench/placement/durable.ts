import { Queue } from 'bullmq';
import { Client } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { redisOptions } from '../../../src/manager/queue/redis-options.js';

/** Each look takes some ms of what is measured. */
const POLL_MS = 200;
const LOOKED_AT = 16;

/** Ids in one job: what the manager's outbox puts into one. */
const IDS_PER_JOB = 256;

/**
 * Needs in through BullMQ to committed lease, desired generation and outbox row, per second: from the first
 * job added until the last need is placed.
 */
export async function durableRate(
  { databaseUrl, redisUrl }: { databaseUrl: string; redisUrl: string },
  needIds: readonly string[],
): Promise<number> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const queue = new Queue('placement', { connection: redisOptions(redisUrl) });
  const jobs: { name: string; data: { subjectIds: string[] } }[] = [];
  for (let at = 0; at < needIds.length; at += IDS_PER_JOB)
    jobs.push({ name: 'place', data: { subjectIds: needIds.slice(at, at + IDS_PER_JOB) } });
  try {
    const start = performance.now();
    await queue.addBulk(jobs);
    await placed(client, needIds.slice(-LOOKED_AT));
    return needIds.length / ((performance.now() - start) / 1000);
  } finally {
    await queue.close();
    await client.end();
  }
}

/**
 * Only when the last of them are placed are the others looked for, in the index of those that wait: each look
 * there goes over what was placed since the last vacuum, which takes the time that is measured.
 */
async function placed(client: Client, last: readonly string[]): Promise<void> {
  await client.query('SET enable_seqscan = off');
  const deadline = Date.now() + 300_000;
  for (;;) {
    const { rows: lastOnes } = await client.query<{ state: string }>(
      'SELECT state FROM need WHERE id = ANY ($1::uuid[])',
      [last],
    );
    if (lastOnes.every(({ state }) => state !== 'open')) {
      const { rows } = await client.query<{ left: boolean; unmet: string | null }>(
        `SELECT EXISTS (SELECT FROM need WHERE state = 'open') AS "left",
                (SELECT message FROM need WHERE state = 'unmet' LIMIT 1) AS unmet`,
      );
      const [row] = rows;
      if (row?.unmet) throw new Error(`a need stays unmet: ${row.unmet}`);
      if (row?.left === false) return;
    }
    if (Date.now() > deadline) throw new Error('the needs were not placed in five minutes');
    await sleep(POLL_MS);
  }
}
