import { expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Takes a pid file away as soon as it is there, again and again. */
const program = `
  const { rmSync, writeFileSync } = require('node:fs');
  const file = require('node:worker_threads').workerData;
  for (;;) { writeFileSync(file, String(process.pid)); rmSync(file); }
`;

const askOften = `
  const { Worker } = require('node:worker_threads');
  const [, dir, code] = process.argv;
  const program = new Worker(code, { eval: true, workerData: dir + '/redis.pid' });
  program.once('online', async () => {
    const { status } = await import('./ops/private-services/redis.mjs');
    for (let times = 0; times < 20000; times++)
      if (status({ dir }) !== undefined) throw new Error('a program that is not Redis counts');
    console.log('asked');
    process.exit();
  });
`;

it('takes a service for down when its pid file vanishes while it is read, and for no error', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'dm-remap-pid-file-'));
  try {
    const { stdout } = await run('node', ['-e', askOften, dir, program]);
    expect(stdout).toBe('asked\n');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
