import type { DesiredTarget, LeaseId } from '../../../libs/contract/index.js';
import { CommandError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import type { Dmsetup } from '../dm/dmsetup.js';
import type { MemoryStore } from '../memory.js';
import { markEvacuating } from '../memory-changes.js';
import type { Attempts } from './attempts.js';

export interface EvacuatorParts {
  readonly dmsetup: Dmsetup;
  readonly memory: MemoryStore;
  readonly attempts: Attempts;
  readonly log: Log;
}

const said = (error: unknown, what: RegExp): boolean =>
  error instanceof CommandError && what.test(error.stderr);

/** Tells the kernel to empty leases, and to stop. */
export class Evacuator {
  constructor(private readonly parts: EvacuatorParts) {}

  async evacuate({ name, targetId, tableGeneration }: DesiredTarget, leaseId: LeaseId) {
    const { dmsetup, memory, attempts, log } = this.parts;
    await memory.update((current) => markEvacuating(current, targetId, leaseId));
    try {
      await dmsetup.message(name, 'evacuate', leaseId);
    } catch (error) {
      // Somebody else's job came first; its end is an event.
      if (said(error, /resource busy/i)) return;
      if (!said(error, /no space left/i)) throw error;
      attempts.begin(leaseId, tableGeneration, true);
      log('warn', 'no other lease takes the blocks of a lease', { target: name, lease: leaseId });
      return;
    }
    attempts.begin(leaseId, tableGeneration);
    log('info', 'the kernel empties a lease', { target: name, lease: leaseId });
  }

  async cancel({ name, targetId }: DesiredTarget): Promise<void> {
    const { dmsetup, memory, log } = this.parts;
    try {
      await dmsetup.message(name, 'cancel');
    } catch (error) {
      // It ended meanwhile.
      if (!said(error, /no such file or directory/i)) throw error;
    }
    await memory.update((current) => markEvacuating(current, targetId, null));
    log('info', 'the kernel no longer empties a lease', { target: name });
  }
}
