import { describe, expect, it } from '@jest/globals';
import type { Generation } from '../../../libs/contract/index.js';
import type { JobStatus, LeaseStatus, RemapStatus } from '../../../libs/dm-table/index.js';
import { lease, leaseId, target } from '../reconcile/world.js';
import { Attempts } from './attempts.js';
import { planEvacuation } from './plan-evacuation.js';

const GENERATION = 3 as Generation;
const FULL = 100;

const leaseStatus = (number: number, usedBlocks: number): LeaseStatus =>
  ({ leaseId: leaseId(number), usedBlocks, totalBlocks: FULL, state: 'ok' }) as LeaseStatus;

const job = (over: Partial<JobStatus> = {}): JobStatus => ({
  ...{ kind: 'evacuate', state: 'running', doneBlocks: 2, totalBlocks: 5, failedBlocks: 0 },
  ...over,
});

/** Leases 1 and 2 are to be emptied, 3 is not. */
const wanted = target(GENERATION, [], {
  leases: [1, 2, 3].map((number) => ({ ...lease(number), evacuate: number < 3 })),
});

const status = (used: readonly number[], over: Partial<RemapStatus> = {}): RemapStatus =>
  ({
    ...{ generation: GENERATION, pendingBlocks: 0, job: null },
    leases: used.map((blocks, index) => leaseStatus(index + 1, blocks)),
    ...over,
  }) as RemapStatus;

/** What the agent does on one status after another; a lease that it asks for is noted as asked. */
class Life {
  now = 0;
  asked: ReturnType<typeof leaseId> | undefined;
  readonly attempts = new Attempts(() => this.now);

  look(seen: RemapStatus, of = wanted) {
    this.attempts.look(seen);
    const { asked, attempts, now: nowMs } = this;
    return planEvacuation(of, seen, { asked, attempts: attempts.all, nowMs });
  }

  ask(number: number, refused = false): this {
    this.asked = leaseId(number);
    this.attempts.begin(leaseId(number), GENERATION, refused);
    return this;
  }
}

const reasons = ({ conditions }: ReturnType<typeof planEvacuation>) =>
  conditions.map(({ status: is, reason }) => `${is} ${reason}`);

describe('leases that are to be emptied', () => {
  it('are asked for one after the other', () => {
    expect(new Life().look(status([5, 4, 0])).action).toEqual({
      kind: 'evacuate',
      leaseId: leaseId(1),
    });
    const done = job({ state: 'done', doneBlocks: 5 });
    expect(new Life().ask(1).look(status([0, 4, 5], { job: done })).action).toEqual({
      kind: 'evacuate',
      leaseId: leaseId(2),
    });
  });

  it('are asked for even when empty, so that nothing is placed there, and then left alone', () => {
    const life = new Life().ask(2);
    expect(life.look(status([0, 0, 9])).action).toMatchObject({ leaseId: leaseId(1) });
    const made = life.ask(1).look(status([0, 0, 9], { job: job({ state: 'done' }) }));
    expect(made.action).toBeNull();
    expect(reasons(made)).toEqual(['True Empty', 'True Empty']);
  });

  it('wait while any job runs, and tell how far it is', () => {
    const running = new Life().ask(1).look(status([3, 4, 2], { job: job() }));
    expect(running.action).toBeNull();
    expect(running.conditions[0]).toMatchObject({ message: 'evacuate: 2 of 5 blocks' });
    const other = new Life().look(status([5, 4, 0], { job: job({ kind: 'release' }) }));
    expect(other.action).toBeNull();
    expect(reasons(other)).toEqual(['False JobRunning', 'False JobRunning']);
  });

  it('are not asked for before the target runs the desired table', () => {
    expect(new Life().look(status([5, 4, 0], { generation: 2 as Generation })).action).toBeNull();
  });

  it('are asked for again in another table, which lifts what the kernel was told', () => {
    const next = target(4, [], { leases: wanted.leases });
    const seen = status([0, 0, 9], { generation: 4 as Generation });
    expect(new Life().ask(2).ask(1).look(seen, next).action).toMatchObject({
      leaseId: leaseId(1),
    });
  });
});

describe('an attempt in vain', () => {
  const failed = { job: job({ state: 'done', failedBlocks: 2 }) };

  it('is not repeated while nothing changes, and says why', () => {
    const life = new Life().ask(2).ask(1);
    for (let n = 0; n < 3; n += 1) {
      const made = life.look(status([2, 0, 7], failed));
      expect(made.action).toBeNull();
      expect(reasons(made)).toEqual(['False BlocksStayed', 'True Empty']);
    }
  });

  it('is repeated when blocks became fewer, were rewritten, or ten minutes have gone by', () => {
    const begun = () => {
      const life = new Life().ask(2).ask(1);
      life.look(status([2, 0, 7], failed));
      return life;
    };
    const again = { kind: 'evacuate', leaseId: leaseId(1) };
    expect(begun().look(status([1, 0, 7], failed)).action).toEqual(again);
    expect(begun().look(status([2, 0, 7], { ...failed, pendingBlocks: 1 })).action).toEqual(again);
    const late = begun();
    late.now = 600_001;
    expect(late.look(status([2, 0, 7], failed)).action).toEqual(again);
  });

  it('for want of space is repeated when another lease has room', () => {
    const life = new Life().ask(2).ask(1, true);
    expect(reasons(life.look(status([5, FULL, FULL])))).toContain('False NoSpace');
    expect(life.look(status([5, FULL, FULL - 1])).action).toMatchObject({ leaseId: leaseId(1) });
  });

  it('is no reason to leave blocks that came after it had ended well', () => {
    const ended = { job: job({ state: 'done' }) };
    expect(
      new Life()
        .ask(2)
        .ask(1)
        .look(status([1, 0, 7], ended)).action,
    ).toMatchObject({
      kind: 'evacuate',
    });
  });
});

describe('a job that empties a lease which is to stay', () => {
  it('is cancelled', () => {
    expect(new Life().ask(3).look(status([5, 4, 2], { job: job() })).action).toEqual({
      kind: 'cancel',
    });
  });

  it('goes on when the agent did not ask for it', () => {
    expect(new Life().look(status([5, 4, 2], { job: job() })).action).toBeNull();
  });

  it('is no longer of interest when it has ended', () => {
    const ended = { job: job({ state: 'done' }) };
    expect(new Life().ask(3).look(status([5, 4, 0], ended)).action).toMatchObject({
      kind: 'evacuate',
    });
  });
});
