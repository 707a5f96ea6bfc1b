import type { DesiredState, Generation } from '../../../libs/contract/index.js';
import type { ConditionState } from '../base/conditions.js';
import { messageOf } from '../base/errors.js';
import type { Log } from '../base/log.js';
import type { MemoryStore } from '../memory.js';
import { forgetGone, markApplied } from '../memory-changes.js';
import type { ActualHost } from './actual.js';
import { planSteps } from './plan.js';
import { Refused } from './steps.js';
import type { Refusal, Step, Task } from './steps.js';

/** Enough for a boot: clean up, assemble as it was, reload to what is wanted, wipe. */
const MAX_ROUNDS = 6;

export interface ReconcilerParts {
  readonly memory: MemoryStore;
  readonly observe: (desired: DesiredState) => Promise<ActualHost>;
  readonly execute: (step: Step) => Promise<void>;
  readonly log: Log;
}

export interface Outcome {
  readonly changed: boolean;
  /** Null before any desired state has come. */
  readonly generation: Generation | null;
  readonly refusals: readonly Refusal[];
  /** Of wanted targets that have nothing in their way. */
  readonly ready: readonly string[];
}

/** Wants nothing; suspended targets are still let go on. */
const nothingWanted = {
  generation: 0,
  targets: [],
  absentTargets: [],
  wipeLeases: [],
} as unknown as DesiredState;

const refusalOf = (subject: string, error: unknown): Refusal => ({
  subject,
  reason: error instanceof Refused ? error.reason : 'TargetFailed',
  message: messageOf(error),
});

export class Reconciler {
  constructor(private readonly parts: ReconcilerParts) {}

  /** Brings the host as close to the desired state as it goes; `stop` ends it between two tasks. */
  async reconcile(stop: AbortSignal): Promise<Outcome> {
    const { memory, observe, log } = this.parts;
    const desired = memory.current.desired ?? nothingWanted;
    const failures = new Map<string, Refusal>();
    let refusals: readonly Refusal[] = [];
    let changed = false;
    let settled = false;
    const stopped = () => stop.aborted;
    for (let round = 0; round < MAX_ROUNDS && !settled && !stopped(); round += 1) {
      const actual = await observe(desired);
      const plan = planSteps(desired, actual);
      const tasks = plan.tasks.filter(({ subject }) => !failures.has(subject));
      refusals = [...plan.refusals, ...failures.values()];
      settled = tasks.length === 0;
      for (const task of tasks) {
        if (stopped()) break;
        const failure = await this.perform(task);
        changed = true;
        if (failure !== undefined) failures.set(task.subject, failure);
      }
      if (settled) {
        const running = new Set(actual.targets.map(({ targetId }) => targetId));
        await memory.update((current) => forgetGone(current, running));
      }
    }
    for (const { subject, reason, message } of refusals) log('warn', message, { subject, reason });
    if (settled && refusals.length === 0 && memory.current.desired !== null) {
      await memory.update((current) => markApplied(current, desired.generation));
    }
    const blocked = new Set(refusals.map(({ subject }) => subject));
    const ready = desired.targets
      .map(({ name }) => `TargetReady/${name}`)
      .filter((subject) => settled && !blocked.has(subject));
    const generation = memory.current.desired === null ? null : desired.generation;
    return { changed, generation, refusals, ready };
  }

  private async perform({ subject, steps }: Task): Promise<Refusal | undefined> {
    try {
      for (const step of steps) await this.parts.execute(step);
      return undefined;
    } catch (error) {
      return refusalOf(subject, error);
    }
  }
}

function desiredApplied(
  generation: Generation | null,
  refusals: readonly Refusal[],
): ConditionState {
  const type = 'DesiredApplied';
  if (generation === null) {
    const message = 'no desired state has come yet';
    return { type, status: 'Unknown', reason: 'NoDesiredState', message };
  }
  if (refusals.length === 0) {
    return { type, status: 'True', reason: 'Applied', message: `generation ${generation}` };
  }
  const subjects = refusals.map(({ subject }) => subject).join(', ');
  const message = `generation ${generation} waits for: ${subjects}`;
  return { type, status: 'False', reason: 'Blocked', message };
}

/** What a reconciliation came to, as conditions of the host. */
export function conditionsOf({ generation, refusals, ready }: Outcome): ConditionState[] {
  return [
    desiredApplied(generation, refusals),
    ...ready.map((type): ConditionState => ({
      type,
      status: 'True',
      reason: 'Running',
      message: '',
    })),
    ...refusals.map(({ subject, reason, message }): ConditionState => ({
      type: subject,
      status: 'False',
      reason,
      message,
    })),
  ];
}
