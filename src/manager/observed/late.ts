import type { ObservedState } from '../../../libs/contract/index.js';

export interface LastReport {
  bootId: string | null;
  pastBootIds: readonly string[];
  sequence: number;
}

/** A report that was overtaken: of an earlier boot, or not newer than the last one of this boot. */
export function isLate(
  last: LastReport,
  report: Pick<ObservedState, 'bootId' | 'sequence'>,
): boolean {
  if (last.bootId === report.bootId) return report.sequence <= last.sequence;
  return last.pastBootIds.includes(report.bootId);
}
