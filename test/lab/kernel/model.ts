import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LabHost } from '../../../src/lab/lab-host.js';
import { repositoryRoot } from '../../../src/lab/paths.js';
import type { Scenario } from '../../../src/lab/scenario.js';
import { RemapTarget } from '../support/remap-target.js';

const program = '/run/model';
const sectors = 40_003; // the last block is short
const seconds = 60;

async function compile(host: LabHost): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'model-'));
  try {
    const source = join(repositoryRoot(), 'test/lab/workload/model.c');
    const built = join(directory, 'model');
    await promisify(execFile)('cc', ['-O2', '-static', '-pthread', '-o', built, source]);
    await host.writeFile(program, await readFile(built));
    await host.run(`chmod +x ${program}`);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Writes to other sectors of the disks fail every now and then, metadata included; never on n1. */
async function breakWrites(host: LabHost, seed: number, running: () => boolean): Promise<void> {
  let state = seed;
  const draw = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  while (running()) {
    const disk = ['main', 's1', 's2'][draw(3)] ?? 'main';
    if (draw(3) === 0) await host.healDisk(disk);
    const sector = disk === 'main' ? draw(sectors) : 2048 + draw(2048);
    await host.breakDisk(disk, { sector, count: 1 + draw(40), on: 'writes' });
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** All that may happen to a target at once, against a model of what a right disk may answer. */
export async function againstModel(s: Scenario, host: LabHost): Promise<void> {
  const target = new RemapTarget(host, 'm0', 'main', sectors);
  for (let i = 0; i < 8; i += 1) {
    await target.format('s1', 2048 + i * 1024, 1024);
    await target.format('s2', 2048 + i * 1024, 1024);
  }
  await target.format('n1', 2048, 49_152);
  await compile(host);
  const [main, s1, s2, n1] = await Promise.all(
    ['main', 's1', 's2', 'n1'].map((disk) => host.device(disk)),
  );
  const leases = [`${n1} 2048 49152`];
  for (let i = 0; i < 8; i += 1) {
    leases.push(`${s1} ${2048 + i * 1024} 1024`, `${s2} ${2048 + i * 1024} 1024`);
  }
  await host.run(
    `dd if=/dev/zero of=${main} bs=1M count=20 oflag=direct status=none
     dmsetup create m0-main --noudevsync --table '0 ${sectors} linear ${main} 0' && dmsetup mknodes m0-main`,
  );
  await s.step(`a random load for ${seconds} s gets only what it may`, async () => {
    let running = true;
    const argv = [s.seed, seconds, 'm0', sectors, target.id, 'm0-main', main, 3];
    const load = host
      .run(`${program} ${argv.join(' ')} ${leases.map((lease) => `'${lease}'`).join(' ')}`, {
        timeoutMs: (seconds + 120) * 1000,
      })
      .finally(() => {
        running = false;
      });
    const [said] = await Promise.all([load, breakWrites(host, s.seed, () => running)]);
    s.note(said);
  });
  await host.run('dmsetup remove --noudevsync m0-main');
  for (const disk of ['main', 's1', 's2']) await host.healDisk(disk);
}
