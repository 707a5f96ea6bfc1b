import { describe, expect, it } from '@jest/globals';
import type { Generation, LeaseId } from '../contract/index.js';
import { planEvacuation, type HeldLease, type HeldTarget } from './index.js';

const id = (name: string) => name as LeaseId;
const generation = (n: number) => n as Generation;

const held = (name: string, over: Partial<HeldLease> = {}): HeldLease => ({
  id: id(name),
  state: 'active',
  toGo: false,
  usedBlocks: 0,
  freeBlocks: 100,
  generation: generation(1),
  leftGeneration: null,
  ...over,
});

/** The lease `old` is to go and holds 30 blocks, `new` has 100 free; the mark is 20; generation 5 runs. */
const old = (over: Partial<HeldLease> = {}) =>
  held('old', { toGo: true, usedBlocks: 30, freeBlocks: 70, ...over });
const emptying = (over: Partial<HeldLease> = {}) => old({ state: 'evacuating', ...over });
const left = (over: Partial<HeldLease> = {}) =>
  old({ state: 'leaving', usedBlocks: 0, leftGeneration: generation(5), ...over });

interface Setting extends Partial<Omit<HeldTarget, 'running'>> {
  running?: null;
  runs?: number;
  blocks?: Record<string, number>;
  jobIsOver?: boolean;
}

function plan({ runs = 5, blocks = { old: 30, new: 0 }, jobIsOver = false, ...over }: Setting) {
  const usedBlocks = new Map(Object.entries(blocks).map(([name, used]) => [id(name), used]));
  return planEvacuation({
    leases: [old(), held('new')],
    tableGeneration: generation(5),
    lowWaterBlocks: 20,
    running: { generation: generation(runs), usedBlocks, jobIsOver },
    arrayIsHealthy: true,
    ...over,
  });
}

const steps = (setting: Setting) =>
  plan(setting).steps.map(({ lease, to }) => `${lease.id} ${lease.state} ${to}`);

describe('a lease that is to go', () => {
  it('is emptied once the others take its blocks and keep the low-water mark', () => {
    const made = plan({});
    expect(steps({})).toEqual(['old active evacuating']);
    expect(made).toMatchObject({ changesTable: false, hold: null, blocksLacking: 0 });
  });

  it.each([
    ['too little is free elsewhere', { leases: [old(), held('new', { freeBlocks: 49 })] }, 1],
    ['the new lease does not run yet', { leases: [old(), held('new', { state: 'granted' })] }, 0],
    ['there is no other lease', { leases: [old()] }, 50],
    ['the other one is to go too', { leases: [old(), held('new', { toGo: true })] }, 50],
  ] as const)('waits for space while %s', (_, setting, blocksLacking) => {
    expect(plan(setting)).toMatchObject({ steps: [], hold: 'WaitsForSpace', blocksLacking });
  });

  it('waits while an array of the target is not healthy', () => {
    expect(plan({ arrayIsHealthy: false })).toMatchObject({ steps: [], hold: 'ArrayNotHealthy' });
  });

  it('waits for those before it that take what is free', () => {
    const leases = [emptying({ id: id('first') }), old(), held('new', { freeBlocks: 79 })];
    expect(plan({ leases })).toMatchObject({ steps: [], hold: 'WaitsForSpace' });
    expect(steps({ leases: [...leases.slice(0, 2), held('new', { freeBlocks: 80 })] })).toEqual([
      'old active evacuating',
    ]);
  });

  it('is looked at only as the kernel runs with it', () => {
    expect(steps({ blocks: { new: 0 } })).toEqual([]);
    expect(steps({ running: null })).toEqual([]);
  });
});

describe('a lease that is being emptied', () => {
  const leases = [emptying({ usedBlocks: 0 }), held('new', { freeBlocks: 70 })];
  const empty = { leases, blocks: { old: 0, new: 30 }, jobIsOver: true };

  it('leaves the table when the report of the newest one says that it is empty and the job over', () => {
    expect(steps(empty)).toEqual(['old evacuating leaving']);
    expect(plan(empty).changesTable).toBe(true);
  });

  it.each([
    ['blocks are left', { blocks: { old: 1, new: 29 } }],
    ['the job runs', { jobIsOver: false }],
    ['an older table runs', { runs: 4 }],
    ['the status could not be read', { blocks: {} }],
  ])('stays while %s', (_, over) => {
    expect(steps({ ...empty, ...over })).toEqual([]);
  });

  it('is used again when it is no longer to go, and the kernel is told by a table', () => {
    const made = plan({ leases: [emptying({ toGo: false }), held('new')] });
    expect(made.steps).toMatchObject([{ to: 'active' }]);
    expect(made).toMatchObject({ changesTable: true, leasesToGo: 0, blocksLacking: 0 });
  });

  it('is used again while an array is not healthy, or the others run out of space', () => {
    expect(steps({ ...empty, arrayIsHealthy: false })).toEqual(['old evacuating active']);
    const few = [emptying(), held('new', { freeBlocks: 9 })];
    expect(plan({ leases: few })).toMatchObject({
      steps: [{ to: 'active' }],
      hold: 'WaitsForSpace',
    });
    expect(steps({ leases: [emptying(), held('new', { freeBlocks: 10 })] })).toEqual([]);
  });
});

describe('a lease that left the desired table', () => {
  const leaving = (over: Partial<HeldLease>, setting: Setting) =>
    steps({ leases: [left(over), held('new')], ...setting });

  it('is wiped once the kernel runs that table or a later one', () => {
    expect(leaving({}, { runs: 5, blocks: { new: 30 } })).toEqual(['old leaving draining']);
    expect(leaving({}, { runs: 7, blocks: { new: 30 } })).toEqual(['old leaving draining']);
    expect(plan({ leases: [left(), held('new')], blocks: { new: 30 } }).changesTable).toBe(false);
  });

  it('is waited for while the kernel runs the table before, and never taken for gone then', () => {
    expect(leaving({}, { runs: 4, blocks: { old: 0, new: 30 } })).toEqual([]);
    expect(leaving({}, { runs: 4, blocks: {} })).toEqual([]);
    expect(leaving({}, { running: null })).toEqual([]);
  });

  it('comes back when a block came in between, since the kernel refuses the table', () => {
    expect(leaving({}, { runs: 4, blocks: { old: 1, new: 30 } })).toEqual(['old leaving active']);
  });

  it('goes on leaving when it is no longer to go: it is empty', () => {
    expect(leaving({ toGo: false }, { runs: 4, blocks: { old: 0, new: 30 } })).toEqual([]);
  });

  it('and came back is wiped all the same if the kernel did take the table without it', () => {
    const back = old({ leftGeneration: generation(5), generation: generation(6), usedBlocks: 1 });
    const setting = { leases: [back, held('new')], tableGeneration: generation(6) };
    const gone = plan({ ...setting, runs: 5, blocks: { new: 30 } });
    expect(gone).toMatchObject({ steps: [{ to: 'draining' }], changesTable: true });
    expect(steps({ ...setting, runs: 6, blocks: {} })).toEqual([]);
    expect(steps({ ...setting, runs: 6, blocks: { old: 1, new: 30 } })).toEqual([
      'old active evacuating',
    ]);
  });
});
