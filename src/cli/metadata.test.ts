import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { build } from 'esbuild';
import { z } from 'zod';
import { DumpedLease, MetadataCheck } from '../../libs/contract/index.js';
import { LeaseImage, remap, SPEC } from '../../libs/lease-check/lease-image.js';

const START = 2048;
let directory: string;
let program: string;

beforeAll(async () => {
  directory = await mkdtemp(`${tmpdir()}/dmremap-metadata-`);
  program = `${directory}/dmremap.cjs`;
  await build({
    entryPoints: ['src/cli/main.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function image(name: string, damage?: (lease: LeaseImage) => void): Promise<string> {
  const lease = new LeaseImage({ ...SPEC, changes: [{ leaseBlock: 3, entry: remap(5, 1) }] });
  damage?.(lease);
  const path = `${directory}/${name}.img`;
  await writeFile(path, Buffer.concat([Buffer.alloc(START * 512), lease.bytes, Buffer.alloc(999)]));
  return path;
}

/** Runs without a manager, as it would on a rescue system. */
function dmremap(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'], DMREMAP_URL: 'http://127.0.0.1:1' };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'metadata', ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('dmremap metadata check', () => {
  it('finds leases by itself, ends with 0 when they are clean, and writes nothing', async () => {
    const path = await image('clean');
    const digest = async () =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
    const before = await digest();
    const checked = await dmremap('check', '--complete', path);
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(checked.stdout).toContain('1 lease: 0 errors, 0 warnings, 0 notes.');
    expect(await digest()).toBe(before);
  });

  it('ends with 1 when there is an error, and tells programs all of it', async () => {
    const path = await image('damaged', ({ bytes }) => bytes.fill(1, 8192, 16_384));
    const checked = await dmremap('check', path, '-o', 'json');
    expect(checked.code).toBe(1);
    expect(MetadataCheck.parse(JSON.parse(checked.stdout))).toMatchObject({
      leases: [{ offsetSectors: START, leaseId: SPEC.leaseId }],
      findings: [{ severity: 'error', code: 'page-lost', offsetBytes: START * 512 + 8192 }],
    });
  });

  it('looks where it is told to', async () => {
    const path = await image('told');
    expect((await dmremap('check', path, '--offset', '2048', '--length', '4096')).code).toBe(0);
    const beside = await dmremap('check', path, '--offset', '1024');
    expect(beside.code).toBe(1);
    expect(beside.stdout).toContain('superblock-lost');
    const wrong = await dmremap('check', path, '--offset', '2048', '--length', '2048');
    expect(wrong.stdout).toContain('length-differs');
  });

  it('says that an empty device is empty, and where it stopped searching', async () => {
    const path = `${directory}/empty.img`;
    await writeFile(path, Buffer.alloc(4 << 20));
    const checked = await dmremap('check', path, '--give-up-after', '2MiB');
    expect(checked.code).toBe(0);
    expect(checked.stdout).toContain('No lease was found in 2 MiB.');
    expect(checked.stdout).toContain('scan-stopped');
    expect((await dmremap('dump', path)).stderr).toContain('no lease was found');
    expect((await dmremap('dump', path, '-o', 'json')).stdout).toBe('[]\n');
  });

  it.each([
    [['check']],
    [['check', '/dev/null']],
    [['check', '/nowhere']],
    [['check', 'IMAGE', '--offset', '2049']],
    [['check', 'IMAGE', '--offset', '1000000']],
    [['check', 'IMAGE', 'IMAGE', '--offset', '2048']],
    [['check', 'IMAGE', '--length', '4096']],
    [['check', 'IMAGE', '--give-up-after', 'soon']],
    [['dump', 'IMAGE', '--entries', 'some']],
    [['dump', 'IMAGE', '--first', '-1']],
  ])('ends with 2 when it is used wrongly: %j', async (args) => {
    const path = await image('usage');
    expect((await dmremap(...args.map((arg) => (arg === 'IMAGE' ? path : arg)))).code).toBe(2);
  });
});

describe('dmremap metadata dump', () => {
  it('shows a lease to people and to programs', async () => {
    const path = await image('dumped');
    const shown = await dmremap('dump', path);
    expect(shown.stdout).toMatch(/^copy 0 .* current /m);
    expect(shown.stdout).toMatch(/^ +3 {2}live +5 +1 +0xff/m);
    const told = await dmremap('dump', path, '--entries', 'all', '-o', 'json');
    const [lease] = z.array(DumpedLease).parse(JSON.parse(told.stdout));
    expect(lease?.entries).toHaveLength(504);
    expect(lease?.superblock).toMatchObject({ label: '{}', members: [SPEC.leaseId] });
  });
});
