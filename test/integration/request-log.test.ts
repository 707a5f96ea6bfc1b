import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/fake-agent';
import { Manager, newBacking } from '../support/manager';

/** On SIGWINCH the process says whether Node gives each promise an identity, as it does once anybody follows them. */
const TELLS_OF_PROMISES = `
  const { executionAsyncId } = require('node:async_hooks');
  process.on('SIGWINCH', async () => {
    const one = await Promise.resolve().then(executionAsyncId);
    const other = await Promise.resolve().then(executionAsyncId);
    console.log(JSON.stringify({ promisesAreFollowed: one !== other }));
  });`;

const directory = mkdtempSync(join(tmpdir(), 'dm-remap-log-'));
let manager: Manager;

beforeAll(async () => {
  const preload = join(directory, 'tells-of-promises.cjs');
  writeFileSync(preload, TELLS_OF_PROMISES);
  manager = await Manager.startReady(await newBacking(), undefined, {
    LOG_LEVEL: 'info',
    NODE_OPTIONS: `--require ${preload}`,
  });
});
afterAll(async () => {
  await manager.kill('SIGTERM');
  rmSync(directory, { recursive: true });
});

interface Line {
  level: number;
  req?: { method: string; url: string };
  res?: { statusCode: number };
  promisesAreFollowed?: boolean;
}

const lines = (): Line[] =>
  manager.log
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));

const answered = (url: string) =>
  lines().flatMap(({ level, req, res }) =>
    req?.url === url ? [{ level, method: req.method, status: res?.statusCode }] : [],
  );

describe('the log', () => {
  it('tells of each request with its answer, also where there is nothing', async () => {
    await manager.api.request('GET', '/v1/pools?limit=1');
    await manager.api.request('GET', '/v1/nothing');
    await eventually(() => Promise.resolve(answered('/v1/nothing').length > 0));
    expect(answered('/v1/pools?limit=1')).toEqual([{ level: 30, method: 'GET', status: 200 }]);
    expect(answered('/v1/nothing')).toEqual([{ level: 30, method: 'GET', status: 404 }]);
  });

  it('leaves out what comes every few seconds', async () => {
    for (const url of ['/health/live', '/v1/agent/desired', '/v1/events', '/v1/status'])
      await manager.api.request('GET', url);
    await eventually(() => Promise.resolve(answered('/v1/status').length > 0));
    for (const url of ['/health/live', '/v1/agent/desired', '/v1/events'])
      expect(answered(url)).toEqual([]);
  });

  it('does not have Node follow each promise, at the cost of all requests', async () => {
    process.kill(manager.pid, 'SIGWINCH');
    const told = () => lines().filter((line) => 'promisesAreFollowed' in line);
    await eventually(() => Promise.resolve(told().length > 0));
    expect(told()).toEqual([{ promisesAreFollowed: false }]);
  });
});
