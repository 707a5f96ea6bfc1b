import type { LabHost } from '../../../src/lab/lab-host.js';
import type { Scenario } from '../../../src/lab/scenario.js';
import { fill, letters } from '../support/letters.js';
import { RemapTarget } from '../support/remap-target.js';

/** Spare devices fail like others: what one holds may be lost with it, and nothing else. */
export async function failingLeases(s: Scenario, host: LabHost): Promise<void> {
  await badSpareBlocks(s, host);
  await deadEmptySpare(s, host);
  await failedCommit(s, host);
}

async function badSpareBlocks(s: Scenario, host: LabHost): Promise<void> {
  const target = new RemapTarget(host, 'f0', 'main', 65_536);
  await target.lend('s1', 2048, 1024);
  await target.create();
  await host.breakDisk('main', { sector: 800, count: 1, on: 'writes' });
  await host.breakDisk('s1', { sector: 2048 + 32, count: 24, on: 'writes' });
  s.equal(
    'a write passes over the bad blocks of the only lease',
    await fill(host, target.path, 100, 'a'),
    0,
  );
  s.equal('and its data is there', await letters(host, target.path, 100), 'a');
  const [lease] = (await target.status()).leases;
  s.equal('the bad blocks are retired', [lease?.usedBlocks, lease?.retiredBlocks], [1, 3]);
  await target.remove();
  for (const disk of ['main', 's1']) await host.healDisk(disk);
}

async function deadEmptySpare(s: Scenario, host: LabHost): Promise<void> {
  const target = new RemapTarget(host, 'f0', 'main', 65_536);
  await target.lend('s1', 2048, 1024);
  await target.lend('s2', 2048, 1024);
  await target.create();
  await host.breakDisk('main', { sector: 800, count: 1, on: 'writes' });
  const used = await fill(host, target.path, 100, 'a');
  const leases = (await target.status()).leases.map(({ usedBlocks }) => usedBlocks);
  s.equal('the first lease holds a block, the second none', [used, ...leases], [0, 1, 0]);
  const state = async (disk: string, to: string) => {
    const device = await host.device(disk);
    await host.run(`echo ${to} > /sys/block/$(basename ${device})/device/state`);
  };
  await state('s2', 'offline');
  s.equal(
    'a flush does not fail for a dead spare that holds nothing',
    await fill(host, target.path, 200, 'b'),
    0,
  );
  await state('s2', 'running');
  await state('s1', 'offline');
  s.check(
    'but for one that holds a block it does',
    (await fill(host, target.path, 200, 'c')) !== 0,
  );
  await state('s1', 'running');
  await target.remove();
  await host.healDisk('main');
}

/**
 * A block that moves from one lease to another where the commit fails may be found in the first again
 * after a restart, so nothing may end its entry there meanwhile.
 */
async function failedCommit(s: Scenario, host: LabHost): Promise<void> {
  const target = new RemapTarget(host, 'f0', 'main', 65_536);
  const first = await target.lend('s1', 2048, 512);
  const second = await target.lend('s2', 2048, 1024);
  await target.create();
  await fill(host, target.path, 100, 'a');
  await host.breakDisk('main', { sector: 800, count: 1, on: 'writes' });
  s.equal('a bad block is remapped', await fill(host, target.path, 100, 'b'), 0);
  const data = { sector: first.offset + 32, count: first.length - 32, on: 'writes' } as const;
  await host.breakDisk('s1', data);
  await host.breakDisk('s2', { sector: second.offset + 16, count: 16, on: 'writes' });
  s.check(
    'a write that cannot be committed is an error',
    (await fill(host, target.path, 100, 'c')) !== 0,
  );
  const seen = await letters(host, target.path, 100);
  s.check('the block holds what it did, or what was written', seen === 'b' || seen === 'c', seen);
  await host.healDisk('s1');
  await host.breakDisk('main', { sector: 1600, count: 1, on: 'writes' });
  s.equal(
    'the lease that holds the block takes another',
    await fill(host, target.path, 200, 'd'),
    0,
  );
  await target.remove();
  await target.create();
  const after = await letters(host, target.path, 100);
  s.check(
    'after a restart the first block still holds either',
    after === 'b' || after === 'c',
    after,
  );
  s.equal('and the other is there', await letters(host, target.path, 200), 'd');
  await target.remove();
  for (const disk of ['main', 's1', 's2']) await host.healDisk(disk);
}
