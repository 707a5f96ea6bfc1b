import type { RejectReason } from '../../contract/index.js';
import type { PlanContext } from '../context.js';
import type { Prospect } from '../prospect.js';

export interface Rejection {
  reason: RejectReason;
  /** Names the rule and the other party, for people. */
  detail: string;
}

/** One hard rule: what speaks against the spare, undefined when nothing does. */
export type Filter = (prospect: Prospect, context: PlanContext) => Rejection | undefined;
