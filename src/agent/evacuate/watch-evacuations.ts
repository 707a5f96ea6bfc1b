import type { Conditions } from '../base/conditions.js';
import type { MemoryStore } from '../memory.js';
import type { Observation } from '../observe.js';
import type { Attempts } from './attempts.js';
import { planEvacuation } from './plan-evacuation.js';

export interface EvacuationWatchParts {
  readonly memory: MemoryStore;
  readonly attempts: Attempts;
  readonly conditions: Conditions;
  /** There is something to tell the kernel. */
  readonly onWork: () => void;
}

/** Says how far leases are emptied whenever the host was looked at, and calls for what is to be done next. */
export function watchEvacuations(parts: EvacuationWatchParts, { running, statuses }: Observation) {
  const { memory, attempts, conditions, onWork } = parts;
  const { desired, evacuations } = memory.current;
  const planned = (desired?.targets ?? []).flatMap((target) => {
    const there = running.find(({ targetId }) => targetId === target.targetId);
    const status = there && statuses.get(there.name);
    if (status === undefined || there?.suspended === true) return [];
    attempts.look(status);
    const asked = evacuations.find(({ targetId }) => targetId === target.targetId)?.leaseId;
    const nowMs = performance.now();
    return [planEvacuation(target, status, { asked, attempts: attempts.all, nowMs })];
  });
  conditions.replace(
    'LeaseEvacuated/',
    planned.flatMap((each) => each.conditions),
  );
  if (planned.some(({ action }) => action !== null)) onWork();
}
