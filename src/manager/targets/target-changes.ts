import type { HostId, ObservedTarget } from '../../../libs/contract/index.js';
import type { NewEvent } from '../events/events.service.js';

type Counter = 'pendingBlocks' | 'readErrors' | 'writeErrors' | 'remapFailures';

const GROWTHS: [Counter, string, NewEvent['severity'], string][] = [
  ['pendingBlocks', 'target.pending', 'warning', 'block(s) failed to read and wait for a write'],
  ['readErrors', 'target.read-error', 'warning', 'read error(s) from the devices below'],
  ['writeErrors', 'target.write-error', 'warning', 'write error(s) from the devices below'],
  ['remapFailures', 'target.remap-failed', 'error', 'remap(s) failed; the error went up'],
];

/** What is worth telling between two looks at a target; counters that fell began anew with the target. */
export function targetEvents(
  hostId: HostId,
  before: ObservedTarget | null,
  now: ObservedTarget,
): NewEvent[] {
  const { targetId, name } = now;
  const event = (
    type: string,
    severity: NewEvent['severity'],
    message: string,
    data: Record<string, unknown>,
  ): NewEvent => ({
    type,
    severity,
    hostId,
    targetId,
    message: `target ${name}: ${message}`,
    data,
  });
  const events: NewEvent[] = [];

  for (const [counter, type, severity, words] of GROWTHS) {
    const was = before?.[counter] ?? 0;
    const delta =
      counter !== 'pendingBlocks' && now[counter] < was ? now[counter] : now[counter] - was;
    if (delta > 0)
      events.push(event(type, severity, `${delta} ${words}`, { delta, [counter]: now[counter] }));
    else if (delta < 0)
      events.push(
        event('target.pending-cleared', 'info', `${-delta} pending block(s) were rewritten`, {
          delta,
          pendingBlocks: now.pendingBlocks,
        }),
      );
  }
  const { usedBlocks, totalBlocks } = now;
  const delta = usedBlocks - (before?.usedBlocks ?? 0);
  const counts = { delta, usedBlocks, totalBlocks };
  if (delta > 0)
    events.push(event('target.remapped', 'warning', `${delta} block(s) moved to a lease`, counts));
  else if (delta < 0)
    events.push(event('target.released', 'info', `${-delta} block(s) left the leases`, counts));
  if (now.mode !== (before?.mode ?? 'rw')) {
    const severity = now.mode === 'rw' ? 'info' : 'error';
    const data = { mode: now.mode, previousMode: before?.mode ?? 'rw' };
    events.push(event('target.mode-changed', severity, `mode is now ${now.mode}`, data));
  }
  return events;
}
