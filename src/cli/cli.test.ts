import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { build } from 'esbuild';

interface Call {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly body: string;
  readonly token: string | undefined;
  readonly ifMatch: string | undefined;
}

const HOST = {
  id: 'cccccccc-0000-4000-8000-000000000001',
  name: 'h1',
  state: 'ready',
  cordoned: false,
  draining: false,
  version: 3,
  desiredGeneration: 4,
  observedGeneration: 4,
  kernelRelease: '6.1.0',
  agentVersion: '0.1.0',
  lastSeenAt: '2026-01-01T00:00:00Z',
  enrolledAt: '2026-01-01T00:00:00Z',
  conditions: [],
};

const TARGET = {
  ...{ id: 'dddddddd-0000-4000-8000-000000000001', hostId: HOST.id, hostName: 'h1', name: 'r0' },
  ...{ mainDeviceId: 'wwn:5000c50001010200', poolId: 'eeeeeeee-0000-4000-8000-000000000001' },
  ...{ poolName: 'db', blockSectors: 8, lengthSectors: 1_000_000, state: 'active' },
  ...{ desiredTableGeneration: 1, freeBlocks: 500, lowWaterBlocks: 256, leaseCount: 1 },
  ...{ remapsPerHour: 0, version: 1 },
  ...{ observed: null, conditions: [], createdAt: '2026-01-01T00:00:00Z' },
};

const pool = (policy: object) => ({
  ...{ id: TARGET.poolId, name: 'db', policy, spareCount: 3, createdAt: '2026-01-01T00:00:00Z' },
  ...{ totalSectors: 3_000_000, leasedSectors: 16_384, version: 2 },
});

const calls: Call[] = [];
const answers = new Map<string, { status?: number; body: unknown }>();
let server: Server;
let directory: string;
let program: string;
let url: string;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

beforeAll(async () => {
  directory = await mkdtemp(`${tmpdir()}/dmremap-cli-`);
  program = `${directory}/dmremap.cjs`;
  await build({
    entryPoints: ['src/cli/main.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method, headers } = request;
      const { authorization: token, 'if-match': ifMatch } = headers;
      calls.push({ method, url: request.url, body, token, ifMatch });
      const path = request.url?.split('?')[0] ?? '';
      const answer = answers.get(`${method ?? ''} ${path}`) ?? {
        status: 404,
        body: { title: 'Not Found', code: 'not-found', detail: `there is no ${path}` },
      };
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.close();
  await rm(directory, { recursive: true });
});

beforeEach(() => {
  calls.length = 0;
  answers.clear();
});

function dmremap(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    PATH: process.env['PATH'],
    XDG_CONFIG_HOME: directory,
    DMREMAP_URL: url,
    DMREMAP_TOKEN: 'secret',
    ...environment,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('dmremap', () => {
  it('shows people a table and programs the contract', async () => {
    answers.set('GET /v1/hosts', { body: { items: [HOST], nextCursor: null } });
    const table = await dmremap(['host', 'list']);
    expect(table.stdout).toMatch(/^HOST {2}STATE {2}LENDS {2}GENERATION/);
    expect(table.stdout).toMatch(/^h1 {4}ready {2}yes {13}4/m);
    const json = await dmremap(['host', 'list', '-o', 'json']);
    expect(JSON.parse(json.stdout)).toEqual([HOST]);
    expect(calls[0]?.token).toBe('Bearer secret');
  });

  it('follows the cursor to the end of a list', async () => {
    answers.set('GET /v1/hosts', { body: { items: [HOST], nextCursor: null } });
    await dmremap(['host', 'list', '-o', 'json']);
    answers.set('GET /v1/hosts', { body: { items: [HOST], nextCursor: 'next' } });
    const running = dmremap(['host', 'list', '-o', 'json']);
    while (calls.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    answers.set('GET /v1/hosts', { body: { items: [], nextCursor: null } });
    await running;
    expect(calls[2]?.url).toBe('/v1/hosts?cursor=next');
  });

  it('says what to do next when a list is empty, and gives programs an empty list', async () => {
    answers.set('GET /v1/pools', { body: { items: [], nextCursor: null } });
    const empty = await dmremap(['pool', 'list']);
    expect(empty).toMatchObject({ code: 0, stdout: '' });
    expect(empty.stderr).toContain('dmremap pool create NAME');
    expect((await dmremap(['pool', 'list', '-o', 'json'])).stdout).toBe('[]\n');
  });

  it('ends with 1 and the reason when the manager says no', async () => {
    const body = { title: 'Conflict', code: 'pool-in-use', detail: 'pool general has spares' };
    answers.set('POST /v1/pools', { status: 409, body });
    const refused = await dmremap(['pool', 'create', 'general', '--lease', '8MiB']);
    expect(refused).toMatchObject({
      code: 1,
      stderr: 'dmremap: pool general has spares (pool-in-use)\n',
    });
    expect(JSON.parse(calls[0]?.body ?? '')).toEqual({
      name: 'general',
      policy: { leaseSectors: 16_384 },
    });
  });

  it('changes the given parts of a policy and no others', async () => {
    const policy = { scope: 'dedicated', dedicatedTo: [TARGET.id], maxArraysPerSpare: 2 };
    answers.set('GET /v1/targets', { body: { items: [TARGET], nextCursor: null } });
    answers.set('GET /v1/pools/db', { body: pool({}) });
    answers.set(`PATCH /v1/pools/${TARGET.poolId}`, { body: pool(policy) });
    const given = [
      ...['--scope', 'dedicated', '--dedicated-to', 'h1/r0', '--weight', 'load=2', 'blast=0.5'],
      ...['--max-arrays', '2', '--max-grants', 'none', '--media', 'any', '--max-lease', '64MiB'],
    ];
    const updated = await dmremap(['pool', 'update', 'db', ...given]);
    expect(JSON.parse(calls.find(({ method }) => method === 'PATCH')?.body ?? '')).toEqual({
      policy: {
        ...{ scope: 'dedicated', dedicatedTo: [TARGET.id], weights: { load: 2, blast: 0.5 } },
        ...{ maxArraysPerSpare: 2, maxGrantsPerHour: null, media: null, maxLeaseSectors: 131_072 },
      },
    });
    expect(updated.stdout).toMatch(/^Serves +h1\/r0$/m);
    expect(updated.stdout).toMatch(/^Arrays on one spare +2 at most$/m);
    expect(updated.stdout).toMatch(/^Length of a lease +8 MiB to 128 MiB$/m);
  });

  it('explains a placement by component and by reason, and counts the spares out of reach', async () => {
    const spare = { hostId: HOST.id, detail: null, reason: null };
    const candidates = [
      {
        ...{ ...spare, spareId: HOST.id, deviceId: 'wwn:5000c50001010201', verdict: 'chosen' },
        ...{ score: 0.744, scoreComponents: { utilisation: 0.98, blast: 0.5 } },
      },
      {
        ...{ ...spare, spareId: TARGET.id, deviceId: 'wwn:5000c50001010202', verdict: 'rejected' },
        ...{ reason: 'blast-radius', detail: 'the policy lets 2 arrays lean on one spare' },
        ...{ score: null, scoreComponents: {} },
      },
    ];
    const decision = {
      ...{ needId: null, targetId: TARGET.id, policy: 'spread', seed: 'explain', dryRun: true },
      ...{ outcome: 'placed', chosenSpareId: HOST.id, offsetSectors: 2048, lengthSectors: 16_384 },
      ...{ candidates, elsewhere: 12, priority: 'urgent', decidedAt: '2026-01-01T00:00:00Z' },
    };
    answers.set('GET /v1/targets', { body: { items: [TARGET], nextCursor: null } });
    answers.set('GET /v1/hosts', { body: { items: [HOST], nextCursor: null } });
    answers.set('POST /v1/placement/explain', { body: decision });
    const { stdout } = await dmremap(['placement', 'explain', 'r0']);
    expect(stdout).toMatch(/^Priority +urgent$/m);
    expect(stdout).toMatch(/^h1 .*chosen +0\.744 +utilisation 0\.98, blast 0\.50/m);
    expect(stdout).toMatch(/^h1 .*rejected +- +blast-radius +the policy lets 2 arrays/m);
    expect(stdout).toContain('12 spares of the pool are on hosts that this one cannot reach');
    await dmremap(['placement', 'explain', 'r0', '--size', '64MiB', '--priority', 'low']);
    expect(JSON.parse(calls.findLast(({ body }) => body)?.body ?? '')).toEqual({
      ...{ targetId: TARGET.id, lengthSectors: 131_072, priority: 'low' },
    });
    answers.set(`GET /v1/placement/needs/${HOST.id}`, { body: decision });
    const ofNeed = await dmremap(['placement', 'explain', '--need', HOST.id]);
    expect(ofNeed.stdout).toBe(stdout);
    for (const wrong of [[], ['r0', '--need', HOST.id], ['--need', HOST.id, '--seed', 'x']])
      expect(await dmremap(['placement', 'explain', ...wrong])).toMatchObject({ code: 2 });
  });

  it('simulates needs in their order, and says that none was booked', async () => {
    const decision = {
      ...{ needId: null, targetId: TARGET.id, policy: 'spread', seed: 'explain', dryRun: true },
      ...{ outcome: 'unmet', chosenSpareId: null, offsetSectors: null, lengthSectors: 131_072 },
      ...{ candidates: [], decidedAt: '2026-01-01T00:00:00Z' },
      unmet: { reason: 'PoolEmpty', message: 'the pool db has no spares' },
    };
    answers.set('GET /v1/targets', { body: { items: [TARGET], nextCursor: null } });
    answers.set('POST /v1/placement/simulate', { body: { decisions: [decision, decision] } });
    const need = 'r0,size=64MiB,count=2,priority=low';
    const { stdout } = await dmremap(['placement', 'simulate', '--need', need]);
    expect(JSON.parse(calls.at(-1)?.body ?? '')).toEqual({
      needs: [{ targetId: TARGET.id, count: 2, lengthSectors: 131_072, priority: 'low' }],
    });
    expect(stdout).toMatch(/^h1\/r0 +unmet +none +64 MiB +PoolEmpty: the pool db has no spares$/m);
    expect(stdout).toContain('0 of 2 needs would be met. Nothing was booked.');
    const wrong = await dmremap(['placement', 'simulate', '--need', 'r0,count=0']);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('count=0 is nothing') });
  });

  it('tells which arrays the loss of a domain would leave short', async () => {
    const known = {
      ...{
        poolId: TARGET.poolId,
        poolName: 'db',
        level: 'enclosure',
        hostId: null,
        hostName: null,
      },
    };
    const sums = { lostSectors: 16_384, neededSectors: 32_768, coveredSectors: 16_384 };
    const array = {
      ...{ ...sums, hostId: HOST.id, hostName: 'h1', arrayUuid: 'u', name: 'md0' },
      ...{ targetIds: [TARGET.id], remainingSectors: 16_384, suffices: false },
      ...{ reason: 'shares-disk-with-array-member', detail: '2 shares-disk-with-array-member' },
    };
    const domain = {
      ...{ ...known, ...sums, domain: 'e1', spareIds: [HOST.id], suffices: false, arrays: 3 },
      shortArrays: [array],
    };
    const summary = {
      pools: [{ ...known, domains: 4, shortDomains: 1, worstShortfallSectors: 16_384 }],
      ...{ staleHosts: 2, asOf: '2026-01-01T00:00:00Z' },
    };
    answers.set('GET /v1/coverage', { body: { items: [domain], nextCursor: null } });
    answers.set('GET /v1/coverage/summary', { body: summary });
    const { stdout } = await dmremap(['coverage', '--pool', 'db']);
    expect(calls.map(({ url: asked }) => asked)).toContain('/v1/coverage?pool=db&suffices=false');
    expect(stdout).toMatch(/^db +enclosure +4 +1 +8 MiB$/m);
    expect(stdout).toContain('2 hosts changed and are looked at again');
    expect(stdout).toMatch(
      /^db +enclosure +e1 +1 +h1\/md0 +16 MiB +8 MiB +shares-disk-with-array-member$/m,
    );
  });

  it('changes what it has read, and says to run again when somebody else was faster', async () => {
    answers.set('GET /v1/hosts/h1', { body: HOST });
    const conflict = { code: 'version-conflict', detail: 'Host h1 was changed meanwhile' };
    answers.set(`PATCH /v1/hosts/${HOST.id}`, { status: 412, body: conflict });
    expect(await dmremap(['host', 'drain', 'h1'])).toMatchObject({
      code: 1,
      stderr:
        'dmremap: Host h1 was changed meanwhile (version-conflict)\nNothing was changed; run the command again.\n',
    });
    expect(calls.at(-1)).toMatchObject({ body: '{"draining":true}', ifMatch: '"3"' });
  });

  it.each([
    [['host', 'lost']],
    [['pool', 'update', 'db']],
    [['pool', 'update', 'db', '--weight', 'speed=2']],
    [['pool', 'update', 'db', '--reserve', 'much']],
    [['pool', 'create', 'db', '--policy', 'fastest']],
    [['host', 'list', '-o', 'xml']],
    [['target', 'create', 'h1']],
    [[]],
  ])('ends with 2 when it is used wrongly: %j', async (args) => {
    expect((await dmremap(args)).code).toBe(2);
    expect(calls).toEqual([]);
  });

  it('ends with 3 when no manager answers', async () => {
    const { code, stderr } = await dmremap(['status'], { DMREMAP_URL: 'http://127.0.0.1:1' });
    expect(code).toBe(3);
    expect(stderr).toContain('does not answer');
  });

  it('ends with 4 when the manager does not know the token', async () => {
    const body = { title: 'Unauthorized', code: 'unauthorised', detail: 'unknown token' };
    answers.set('GET /v1/hosts', { status: 401, body });
    expect(await dmremap(['host', 'list'])).toMatchObject({
      code: 4,
      stderr: 'dmremap: unknown token (unauthorised)\n',
    });
  });

  it('keeps a login where only its owner can read it, and uses it from then on', async () => {
    const body = {
      hosts: { total: 0, ready: 0, unreachable: 0, behind: 0 },
      targets: { total: 0, active: 0, lowOnSpace: 0, withPending: 0 },
      remaps: { usedBlocks: 0, pendingBlocks: 0 },
      pools: [],
      needs: { open: 2, placed: 300, unmet: 0 },
    };
    answers.set('GET /v1/status', { body });
    const none = { DMREMAP_URL: '', DMREMAP_TOKEN: '' };
    const login = await dmremap(['login', '--url', url, '--token', 'kept'], none);
    expect(login.code).toBe(0);
    expect((await stat(`${directory}/dmremap/config.json`)).mode & 0o777).toBe(0o600);
    const { stdout } = await dmremap(['status'], none);
    expect(stdout).toContain('0 ready');
    expect(stdout).toContain('2 open, 300 placed, 0 unmet');
    expect(calls.at(-1)?.token).toBe('Bearer kept');
  });

  it.each([
    [{ leaseCount: 3, usedBlocks: 120 }, 'draining, 3 leases, 120 blocks left'],
    [{ leaseCount: 0, usedBlocks: 0 }, 'draining, empty: it can be removed'],
  ])('tells what is left on a spare that is drained: %j', async (left, text) => {
    const spare = {
      ...{ id: TARGET.id, poolId: TARGET.poolId, poolName: 'db', hostId: HOST.id, hostName: 'h1' },
      ...{ deviceId: 'wwn:5000c50001010200', state: 'available', cordoned: true, draining: true },
      ...{ totalSectors: 3_000_000, leasedSectors: 16_384, ...left },
      ...{ version: 2, createdAt: '2026-01-01T00:00:00Z' },
    };
    answers.set('GET /v1/spares', { body: { items: [spare], nextCursor: null } });
    const { stdout } = await dmremap(['spare', 'show', 'h1/wwn:5000c50001010200']);
    expect(stdout).toMatch(new RegExp(`^Service +${text}$`, 'm'));
  });

  it('shows examples with the help of every command', async () => {
    for (const command of [['status'], ['spare'], ['target', 'create'], ['placement', 'explain']]) {
      expect((await dmremap([...command, '--help'])).stdout).toMatch(/Examples:\n {2}\$ dmremap/);
    }
  });
});
