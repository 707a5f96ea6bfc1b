import type { Condition, ObservedState } from '../../../libs/contract/index.js';
import type { EvacuationPlan } from '../../../libs/evacuation/index.js';
import { CONDITION, type ConcernedTarget } from './evacuation.repository.js';

type NewCondition = Omit<Condition, 'lastTransitionTime'>;

/** What the agent says stands in the way of a lease that it is to empty. */
function agentSays(target: ConcernedTarget, reported: ObservedState['conditions']) {
  const emptying = new Set(
    target.leases
      .filter(({ state }) => state === 'evacuating')
      .map(({ id }) => `LeaseEvacuated/${id}`),
  );
  return reported.find(
    ({ type, status, reason }) =>
      emptying.has(type) && status === 'False' && reason !== 'Evacuating',
  );
}

const leases = (count: number) => `${count} lease${count === 1 ? '' : 's'}`;

/** How far the leases that are to go have got; undefined when none is, and none was. */
export function evacuationCondition(
  target: ConcernedTarget,
  plan: EvacuationPlan,
  reported: ObservedState['conditions'],
): NewCondition | undefined {
  const before = target.conditions.find(({ type }) => type === CONDITION);
  const { leasesToGo, blocksToMove, blocksLacking, hold } = plan;
  if (leasesToGo === 0) {
    if (before?.status !== 'False') return undefined;
    return { type: CONDITION, status: 'True', reason: 'NothingToMove', message: '' };
  }
  const base = { type: CONDITION, status: 'False' as const };
  const what = `${leases(leasesToGo)} with ${blocksToMove} blocks to move`;
  if (hold === 'WaitsForSpace')
    return {
      ...base,
      reason: hold,
      message: `${what}; the other leases lack ${blocksLacking} free blocks`,
    };
  if (hold === 'ArrayNotHealthy')
    return { ...base, reason: hold, message: `${what}; an array is degraded or rebuilding` };
  const agent = agentSays(target, reported);
  if (agent) return { ...base, reason: agent.reason, message: `${what}: ${agent.message}` };
  return { ...base, reason: 'Evacuating', message: what };
}
