import { WATCH_SECONDS, type Generation } from '../../../libs/contract/index.js';
import { Backoff } from '../base/backoff.js';
import type { Conditions } from '../base/conditions.js';
import { UnauthorisedError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { runLoop } from '../base/loop.js';
import type { Wakeup } from '../base/wakeup.js';
import type { ManagerClient } from '../manager/client.js';
import type { MemoryStore } from '../memory.js';
import { acceptDesired } from '../memory-changes.js';

export interface WatchParts {
  readonly client: ManagerClient;
  readonly memory: MemoryStore;
  readonly conditions: Conditions;
  readonly reconcile: Wakeup;
  readonly log: Log;
}

/** Keeps asking for a desired state above the last one; each is on disk before it is acted on. */
export async function watchDesired(parts: WatchParts, signal: AbortSignal): Promise<void> {
  const { client, memory, conditions, reconcile, log } = parts;
  const onError = (error: unknown) => {
    if (!(error instanceof UnauthorisedError)) return;
    log(
      'error',
      'the manager does not accept this host: ask an administrator for a new token and run `dm-remap-daemon enrol`',
    );
  };
  const backoff = new Backoff({ firstMs: 500, maxMs: 15_000 });
  await runLoop({ name: 'watch desired state', signal, log, backoff, onError }, async () => {
    const after = memory.current.desired?.generation ?? (0 as Generation);
    const desired = await client.desired(after, WATCH_SECONDS, signal);
    if (desired === null) return;
    if (desired.generation < after) {
      const message = `generation ${desired.generation} was offered after ${after}; it is not applied`;
      conditions.set({ type: 'DesiredFresh', status: 'False', reason: 'GenerationLower', message });
      throw new Error(message);
    }
    conditions.set({ type: 'DesiredFresh', status: 'True', reason: 'Followed', message: '' });
    await memory.update((current) => acceptDesired(current, desired));
    log('info', 'a new desired state', {
      generation: desired.generation,
      targets: desired.targets.length,
    });
    reconcile.request();
  });
}
