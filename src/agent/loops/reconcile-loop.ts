import { Backoff } from '../base/backoff.js';
import type { Conditions } from '../base/conditions.js';
import type { Log } from '../base/log.js';
import { runLoop } from '../base/loop.js';
import type { Wakeup } from '../base/wakeup.js';
import { conditionsOf } from '../reconcile/reconciler.js';
import type { Outcome, Reconciler } from '../reconcile/reconciler.js';

const LOOK_AGAIN_MS = 60_000;

export interface ReconcileLoopParts {
  readonly reconciler: Reconciler;
  readonly conditions: Conditions;
  readonly wakeup: Wakeup;
  readonly onOutcome: (outcome: Outcome) => void;
  readonly log: Log;
}

const CONDITION_PREFIXES = ['DesiredApplied', 'TargetReady/', 'TargetAbsent/', 'LeaseWiped/'];

export async function reconcileOnce(
  { reconciler, conditions, onOutcome }: ReconcileLoopParts,
  signal: AbortSignal,
): Promise<Outcome> {
  const outcome = await reconciler.reconcile(signal);
  const states = conditionsOf(outcome);
  for (const prefix of CONDITION_PREFIXES) {
    conditions.replace(
      prefix,
      states.filter(({ type }) => type.startsWith(prefix)),
    );
  }
  onOutcome(outcome);
  return outcome;
}

/** Reconciles on each wish, after a pause that grows while something stands in the way, and every minute. */
export async function reconcileLoop(parts: ReconcileLoopParts, signal: AbortSignal): Promise<void> {
  const blocked = new Backoff({ firstMs: 1000, maxMs: LOOK_AGAIN_MS });
  let waitMs = 0;
  await runLoop({ name: 'reconcile', signal, log: parts.log }, async () => {
    await parts.wakeup.wait(waitMs, signal);
    if (signal.aborted) return;
    const { refusals } = await reconcileOnce(parts, signal);
    if (refusals.length === 0) blocked.reset();
    waitMs = refusals.length === 0 ? LOOK_AGAIN_MS : blocked.nextMs();
  });
}
