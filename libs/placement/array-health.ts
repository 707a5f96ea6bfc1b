import { arraysAbove } from './array-members.js';
import type { ArrayFact, HostFacts, TargetFact } from './snapshot.js';

/** What md does to an array that has all its redundancy; a repair rewrites what cannot be read. */
const WHOLE = new Set(['idle', 'check', 'repair', 'frozen']);

const isHealthy = ({ degraded, syncAction }: ArrayFact) => degraded === 0 && WHOLE.has(syncAction);

/** An array of the target that is degraded or rebuilding; the first by name. */
export function unhealthyArray(
  target: Pick<TargetFact, 'id'>,
  host: Pick<HostFacts, 'arrays'>,
): ArrayFact | undefined {
  return arraysAbove(target, host)
    .filter((array) => !isHealthy(array))
    .sort((a, b) => (a.name < b.name ? -1 : 1))[0];
}
