import type { Scenario } from '../../../src/lab/scenario.js';
import { breakSectors, healSectors } from '../../../src/lab/uml/disks.js';
import { fill, letters } from '../support/letters.js';
import { type LabLease, RemapTarget } from '../support/remap-target.js';
import type { UmlStage } from './stage.js';

const sectors = 16_384;
const spareSectors = 8192;

/** A target, what its mode is, and how many events it has raised. */
class Rung {
  private seen = 0;

  constructor(
    private readonly s: Scenario,
    readonly stage: UmlStage,
    readonly target: RemapTarget,
  ) {}

  async create(options = ''): Promise<void> {
    await this.target.create(`${await this.target.table()}${options}`);
    this.seen = await this.events();
  }

  async reload(options = ''): Promise<void> {
    this.target.generation += 1;
    await this.stage.run(
      `dmsetup load ${this.target.name} --table '${await this.target.table()}${options}' &&
       dmsetup resume --noudevsync ${this.target.name}`,
    );
  }

  /** The mode is this one now, and whoever waited for an event was told. */
  async is(mode: string, fact: string): Promise<void> {
    this.s.equal(fact, (await this.target.status()).mode, mode);
    const events = await this.events();
    this.s.check('  an event is raised', events > this.seen, `${this.seen} ${events}`);
    this.seen = events;
  }

  async writes(blocks: readonly number[], letter: string): Promise<number> {
    let failed = 0;
    for (const block of blocks) {
      if ((await fill(this.stage, this.target.path, block, letter)) !== 0) failed += 1;
    }
    return failed;
  }

  async remove(): Promise<void> {
    const { mode } = await this.target.status();
    await this.s.step(`a target is removed in mode ${mode}`, () => this.target.remove());
  }

  /** How many of the reads fail. */
  async reads(blocks: readonly number[]): Promise<number> {
    let failed = 0;
    for (const block of blocks) {
      const { code } = await this.stage.exec(
        `dd if=${this.target.path} of=/dev/null bs=4096 skip=${block} count=1 iflag=direct status=none`,
      );
      if (code !== 0) failed += 1;
    }
    return failed;
  }

  private async events(): Promise<number> {
    const { name } = this.target;
    return Number(await this.stage.run(`dmsetup info -c --noheadings -o events ${name}`));
  }
}

const count = (first: number, number: number) =>
  Array.from({ length: number }, (_, index) => first + index);

async function breakAllOfMain(stage: UmlStage): Promise<void> {
  await healMain(stage);
  await breakSectors(stage.guest, 'main', 0, sectors);
}

const healMain = (stage: UmlStage) => healSectors(stage.guest, 'main', 0, sectors);

async function tooFast(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 'f0', 'main', sectors);
  await target.lend('s1', 64, 2048);
  const rung = new Rung(s, stage, target);
  await rung.create(' 3 fail_limit 4 600');
  const table = await stage.run('dmsetup table f0');
  s.check('the limit is in the table', table.endsWith(' 3 fail_limit 4 600'), table);
  await breakSectors(stage.guest, 'main', 800, 160);
  s.equal('up to the limit blocks are moved', await rung.writes(count(100, 4), 'a'), 0);
  s.equal('beyond it errors go up', await rung.writes(count(104, 6), 'b'), 6);
  await rung.is('failed', 'the main device is taken for failed');
  s.equal('the lease is not eaten', (await target.status()).usedBlocks, 4);
  s.equal('what it holds is served', await letters(stage, target.path, 103), 'a');
  s.equal('what the main device takes it gets', await rung.writes([300], 'c'), 0);
  await rung.reload(' 3 fail_limit 4 600');
  await rung.is('rw', 'the next table gives the main device another chance');
  s.equal('with the same limit', await rung.writes(count(104, 6), 'b'), 2);
  s.equal('which holds again', (await target.status()).usedBlocks, 8);
  await rung.remove();
  await healMain(stage);
}

async function deadMain(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 'd0', 'main', sectors);
  await target.lend('s1', 64, 2048);
  await target.lend('s2', 64, 2048);
  const rung = new Rung(s, stage, target);
  await rung.create();
  await breakSectors(stage.guest, 'main', 800, 8);
  await rung.writes([100], 'a');
  await stage.run('sleep 1.1'); // for this long it need not answer again
  await breakAllOfMain(stage);
  s.equal(
    'when the main device answers nowhere, writes fail',
    await rung.writes(count(200, 8), 'b'),
    8,
  );
  await rung.is('failed', 'it is taken for failed');
  s.equal('and the leases are not eaten', (await target.status()).usedBlocks, 1);
  s.equal('what they hold is served', await letters(stage, target.path, 100), 'a');

  const [first] = target.leases as [LabLease, LabLease];
  await breakSectors(stage.guest, first.disk, first.offset + 32, first.length - 32);
  s.equal('and if a lease does not take it, by another', await rung.writes([100], 'c'), 0);
  s.equal('with what was written', await letters(stage, target.path, 100), 'c');
  s.equal(
    'where it lives now',
    (await target.status()).leases.map(({ usedBlocks }) => usedBlocks),
    [0, 1],
  );
  await healSectors(stage.guest, first.disk, 0, spareSectors);
  await healMain(stage);
  await rung.reload();
  await rung.is('rw', 'a table that is loaded when it answers again sets that right');
  s.equal('and writes succeed', await rung.writes(count(200, 8), 'b'), 0);
  s.equal('on the main device', (await target.status()).usedBlocks, 1);
  await rung.remove();

  await rung.create();
  await breakAllOfMain(stage);
  await rung.writes([300], 'd');
  await rung.is('failed', 'a dead main device is seen right after the start');
  await rung.remove();
  await healMain(stage);
}

/** What the main device was asked for so far, failed reads included. */
const mainReads = async (stage: UmlStage) =>
  Number((await stage.run('cat /sys/block/main/stat')).trim().split(/ +/)[0]);

/** Nobody writes, so no lease could be eaten; the pending list could. */
async function deadForReads(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 'q0', 'main', sectors);
  await target.lend('s1', 64, 2048);
  const rung = new Rung(s, stage, target);
  await rung.create();
  await breakSectors(stage.guest, 'main', 800, 80);
  s.equal('reads of bad blocks fail', await rung.reads(count(100, 10)), 10);
  await rung.is('rw', 'a device that answers elsewhere is not failed for them');
  s.equal('they are pending', (await target.status()).pendingBlocks, 10);

  await stage.run('sleep 1.1'); // for this long it need not answer again
  await breakAllOfMain(stage);
  s.equal('when it answers nowhere, reads fail', await rung.reads(count(200, 8)), 8);
  await rung.is('failed', 'for that alone it is taken for failed');
  s.equal('no block becomes pending for it', (await target.status()).pendingBlocks, 10);
  const before = await mainReads(stage);
  await rung.reads(count(300, 10));
  const asked = (await mainReads(stage)) - before;
  s.equal('from then on a read that fails costs one read', asked, 10);
  await target.message('scrub start rate 4194304');
  await stage.run('sleep 0.5');
  const waiting = { state: 'running', doneSegments: 0, totalSegments: 128, foundBlocks: 0 };
  s.equal('a scrub waits for better times', (await target.status()).scrub, waiting);

  await healMain(stage);
  await rung.reload();
  await rung.is('rw', 'a table that is loaded when it answers again sets that right');
  await stage.run('until dmsetup status q0 | grep -q scrub:done; do sleep 0.1; done');
  s.equal('and the scrub goes on', (await target.status()).scrub?.doneSegments, 128);

  await stage.run('sleep 1.1');
  await breakAllOfMain(stage);
  await target.message('scrub start rate 4194304');
  await stage.run('until dmsetup status q0 | grep -q failed; do sleep 0.1; done');
  await rung.is('failed', 'a scrub finds out that a device has died');
  s.equal('and calls no block bad for it', (await target.status()).scrub?.foundBlocks, 0);
  await rung.remove();
  await healMain(stage);
}

async function noMetadata(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 'o0', 'main', sectors);
  const leases = [await target.lend('s1', 64, 1024), await target.lend('s2', 64, 1024)];
  const rung = new Rung(s, stage, target);
  await rung.create();
  await breakSectors(stage.guest, 'main', 800, 160);
  await rung.writes([100], 'a');
  for (const { disk, offset } of leases) await breakSectors(stage.guest, disk, offset, 32);
  s.equal('when no lease takes metadata, a write is an error', await rung.writes([110], 'b'), 1);
  await rung.is('readonly', 'the target places nothing more');
  s.equal(
    'its leases have failed',
    (await target.status()).leases.map(({ state }) => state),
    ['failed', 'failed'],
  );
  s.equal('what they hold is served', await letters(stage, target.path, 100), 'a');
  s.equal('and can be written', await rung.writes([100], 'c'), 0);
  for (const { disk } of leases) await healSectors(stage.guest, disk, 0, spareSectors);
  await rung.reload();
  await rung.is('rw', 'a table that is loaded when they take it again mends them');
  s.equal('and blocks are moved', await rung.writes([111], 'd'), 0);
  for (const { disk, offset } of leases) await breakSectors(stage.guest, disk, offset, 32);
  await rung.writes([112, 113], 'e');
  await rung.is('readonly', 'until they fail again');
  await rung.remove();
  for (const { disk } of leases) await healSectors(stage.guest, disk, 0, spareSectors);
  await rung.create();
  s.equal('after a restart all is there', await letters(stage, target.path, 100), 'c');
  s.equal('of the second time too', await letters(stage, target.path, 111), 'd');
  await target.remove();
  await healMain(stage);
}

async function noSpace(s: Scenario, stage: UmlStage): Promise<void> {
  const target = new RemapTarget(stage, 'n0', 'main', sectors);
  await target.lend('s1', 64, 40);
  const rung = new Rung(s, stage, target);
  await rung.create();
  await breakSectors(stage.guest, 'main', 800, 160);
  s.equal('with one free block, one of two writes succeeds', await rung.writes([100, 101], 'a'), 1);
  await rung.is('nospace', 'then there is no space');
  await rung.remove();
  await rung.create();
  await target.lend('s2', 64, 1024);
  await rung.reload();
  await rung.is('rw', 'a new lease brings space');
  s.equal('and writes succeed', await rung.writes([101, 102], 'b'), 0);
  await rung.remove();
  await healMain(stage);
}

/** How a target fails, step by step, and how each step is left. */
export async function ladder(s: Scenario, stage: UmlStage): Promise<void> {
  await stage.addDisk({ name: 'main', sizeMiB: 8 });
  await stage.addDisk({ name: 's1', sizeMiB: 4, writeBack: true });
  await stage.addDisk({ name: 's2', sizeMiB: 4 });
  await noSpace(s, stage);
  await tooFast(s, stage);
  await noMetadata(s, stage);
  await deadMain(s, stage);
  await deadForReads(s, stage);
}
