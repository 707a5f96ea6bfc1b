import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Queue, UnrecoverableError, Worker, type WorkerOptions } from 'bullmq';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { eventually } from '../../../test/support/fake-agent.js';
import { newBacking } from '../../../test/support/manager.js';
import { loadWorker } from './load-worker.js';
import { redisOptions } from './redis-options.js';

interface Data {
  subjectIds: string[];
}

let redis: Redis;
let queue: Queue<Data>;
let connection: WorkerOptions['connection'];
const workers: Worker<Data, void>[] = [];

beforeEach(async () => {
  const { redisUrl } = await newBacking();
  redis = new Redis(redisUrl);
  connection = { ...redisOptions(redisUrl), maxRetriesPerRequest: null };
  queue = new Queue<Data>(randomUUID(), { connection });
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close(true)));
  await queue.obliterate({ force: true });
  await queue.close();
  redis.disconnect();
});

const addJobs = async (count: number) =>
  queue.addBulk(
    Array.from({ length: count }, (_, n) => ({ name: 'job', data: { subjectIds: [String(n)] } })),
  );

function startWorker(
  handler: (id: string) => Promise<void>,
  options: Partial<WorkerOptions> = {},
): { failed: string[] } {
  const failed: string[] = [];
  const worker = loadWorker<Data>(
    queue.name,
    async ({ data }) => {
      for (const id of data.subjectIds) await handler(id);
    },
    { connection, ...options },
  );
  worker.on('error', () => undefined);
  worker.on('failed', (job, { message }) => failed.push(`${job?.data.subjectIds[0]}: ${message}`));
  workers.push(worker);
  return { failed };
}

async function end(counts: { completed: number; failed: number }): Promise<void> {
  await eventually(async () => {
    const { completed, failed } = await queue.getJobCounts('completed', 'failed');
    return completed === counts.completed && failed === counts.failed;
  }, 20_000);
  expect(await queue.getJobCounts('wait', 'active')).toEqual({ wait: 0, active: 0 });
}

it('handles together what waited behind the job that it was handed', async () => {
  const jobs = await addJobs(100);
  const begun = new Set<string>();
  let allBegun: () => void = () => undefined;
  const together = new Promise<void>((resolve) => (allBegun = resolve));
  startWorker(async (id) => {
    begun.add(id);
    if (begun.size === jobs.length) allBegun();
    await together;
  });
  await end({ completed: jobs.length, failed: 0 });
});

it('ends what it has in hand when it is closed, and leaves the rest', async () => {
  await addJobs(200);
  let begun: () => void = () => undefined;
  let go: () => void = () => undefined;
  const first = new Promise<void>((resolve) => (begun = resolve));
  const gate = new Promise<void>((resolve) => (go = resolve));
  startWorker(async () => {
    begun();
    await gate;
  });
  await first;
  const closed = workers.pop()?.close();
  go();
  await closed;
  const { wait, active, completed } = await queue.getJobCounts('wait', 'active', 'completed');
  expect(active).toBe(0);
  expect((wait ?? 0) + (completed ?? 0)).toBe(200);
  expect(completed).toBeGreaterThan(0);
});

it('does each job once, and fails those alone whose handler throws', async () => {
  const handled: string[] = [];
  const { failed } = startWorker((id) => {
    handled.push(id);
    return id.endsWith('7')
      ? Promise.reject(new UnrecoverableError(`not ${id}`))
      : Promise.resolve();
  });
  for (let n = 0; n < 5; n++) await addJobs(20);
  await end({ completed: 90, failed: 10 });
  expect(handled).toHaveLength(100);
  expect(failed.toSorted()).toEqual([
    ...Array<string>(5).fill('17: not 17'),
    ...Array<string>(5).fill('7: not 7'),
  ]);
});

it('tries again, after a pause, one that failed for now', async () => {
  await queue.addBulk(
    ['0', '1', '2'].map((id) => ({
      name: 'job',
      data: { subjectIds: [id] },
      opts: { attempts: 2, backoff: 10 },
    })),
  );
  const tries = new Map<string, number>();
  startWorker(async (id) => {
    tries.set(id, (tries.get(id) ?? 0) + 1);
    if (tries.get(id) === 1) throw new Error('not now');
    return Promise.resolve();
  });
  await end({ completed: 3, failed: 0 });
  expect([...tries.values()]).toEqual([2, 2, 2]);
});

it('keeps what it took along for as long as the handler takes', async () => {
  const jobs = await addJobs(3);
  const remaining = async (id: string) => redis.pttl(queue.toKey(`${id}:lock`));
  let handled = 0;
  startWorker(
    async (index) => {
      handled += 1;
      const { id = '' } = jobs[Number(index)] ?? {};
      for (let before = await remaining(id), renewals = 0; renewals < 3;) {
        const now = await remaining(id);
        if (now > before) renewals += 1;
        before = now;
      }
    },
    { lockDuration: 400, stalledInterval: 100 },
  );
  await end({ completed: 3, failed: 0 });
  expect(handled).toBe(3);
});

it('does not try again what its workers died over, and tells of it', async () => {
  const dead = new Worker<Data, void>(queue.name, null, { connection, lockDuration: 50 });
  await addJobs(3);
  for (let n = 0; n < 3; n++) await dead.getNextJob(`dead:${n}`, { block: false });
  await dead.close(true);
  const { failed } = startWorker(
    () => Promise.reject(new Error('nobody is to be handed these jobs')),
    { lockDuration: 1000, stalledInterval: 100, maxStalledCount: 0 },
  );
  await end({ completed: 0, failed: 3 });
  expect(failed).toHaveLength(3);
  for (const line of failed) expect(line).toContain('stalled');
});
