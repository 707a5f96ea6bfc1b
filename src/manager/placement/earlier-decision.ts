import type { PlacementDecision, RejectReason, SpareId } from '../../../libs/contract/index.js';
import { inUnits } from './score-units.js';
import type { Rejected, StoredDecision } from './stored-decision.js';

/** A decision as it was stored before spares had numbers. */
export interface EarlierDecision extends Omit<
  StoredDecision,
  'chosen' | 'unmet' | 'kept' | 'rejected'
> {
  chosenSpareId: SpareId | null;
  unmet: PlacementDecision['unmet'];
  /** Scores are shares of one. */
  kept: readonly (readonly [SpareId, ...scores: number[]])[];
  rejected: readonly (readonly [SpareId, RejectReason, detail: string | null])[];
}

export function presentForm(stored: StoredDecision | EarlierDecision): StoredDecision {
  if (!('chosenSpareId' in stored)) return stored;
  const { chosenSpareId, kept, rejected, ...rest } = stored;
  const byReason: Partial<Record<RejectReason, Rejected[]>> = {};
  for (const [id, reason, detail] of rejected) (byReason[reason] ??= []).push([id, detail]);
  return {
    ...rest,
    ...(chosenSpareId === null ? {} : { chosen: chosenSpareId }),
    kept: kept.map(([id, score = 0, ...components]) => [
      id,
      inUnits(score),
      ...components.map(inUnits),
    ]),
    rejected: byReason,
  };
}
