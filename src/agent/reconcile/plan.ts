import type { DesiredState } from '../../../libs/contract/index.js';
import type { ActualHost, ActualTarget } from './actual.js';
import { planRecovery, planTarget } from './plan-target.js';
import { planWipe } from './plan-wipe.js';
import { Refused } from './steps.js';
import type { Plan, Refusal, Step, Task } from './steps.js';

function planAbsence(running: ActualTarget): Step[] {
  const recovery = planRecovery(running);
  return recovery.length > 0 ? recovery : [{ kind: 'remove', name: running.name }];
}

/**
 * The next steps from what is to what is wanted. They go as far as can be known now; once they are done
 * the host is looked at again and planned anew, until no step is left.
 */
export function planSteps(desired: DesiredState, actual: ActualHost): Plan {
  const tasks: Task[] = [];
  const refusals: Refusal[] = [];
  const plan = (subject: string, steps: () => Step[]): void => {
    try {
      const planned = steps();
      if (planned.length > 0) tasks.push({ subject, steps: planned });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusals.push({ subject, reason: error.reason, message: error.message });
    }
  };

  const wanted = new Set(desired.targets.map(({ targetId }) => targetId));
  const absent = new Set(desired.absentTargets.map(({ targetId }) => targetId));
  for (const running of actual.targets) {
    const subject = absent.has(running.targetId) ? 'TargetAbsent' : 'TargetReady';
    if (wanted.has(running.targetId)) continue;
    plan(`${subject}/${running.name}`, () =>
      absent.has(running.targetId)
        ? planAbsence(running)
        : running.hasLiveTable
          ? planRecovery(running)
          : [],
    );
  }
  for (const target of desired.targets) {
    plan(`TargetReady/${target.name}`, () => planTarget(target, actual));
  }
  for (const lease of desired.wipeLeases) {
    plan(`LeaseWiped/${lease.leaseId}`, () => planWipe(lease, desired, actual));
  }
  return { tasks, refusals };
}
