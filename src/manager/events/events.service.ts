import { Injectable } from '@nestjs/common';
import type { Event } from '../../../libs/contract/index.js';
import { DatabaseService, LOCKS, type Tx } from '../database/database.service.js';
import { WakeService } from '../database/wake.service.js';
import * as repository from './events.repository.js';
import type { NewEvent } from './events.repository.js';

export type { NewEvent } from './events.repository.js';

/** A lost wake-up costs a follower this much. */
const LOOK_AGAIN_MS = 2000;

@Injectable()
export class EventsService {
  constructor(
    private readonly database: DatabaseService,
    private readonly wake: WakeService,
  ) {}

  /** Written as the last thing before the transaction commits, so that the lock on the numbering is short. */
  record(tx: Tx, event: NewEvent): void {
    tx.ownedBy(this, () => this.pending(tx)).push(event);
  }

  private pending(tx: Tx): NewEvent[] {
    const events: NewEvent[] = [];
    tx.beforeCommit(() => [
      this.wake.notice(['events']),
      repository.insertEvents(LOCKS.events, events),
    ]);
    return events;
  }

  /** Events after an id, oldest first; waits for the first one when there is none yet. */
  async follow(filter: repository.EventFilter, waitSeconds: number): Promise<Event[]> {
    const deadline = Date.now() + waitSeconds * 1000;
    for (;;) {
      const woken = this.wake.wait('events', LOOK_AGAIN_MS);
      const events = await repository.eventsAfter(this.database, filter);
      if (events.length > 0 || Date.now() >= deadline || this.wake.stopping) return events;
      await woken;
    }
  }

  async idBeforeLast(count: number): Promise<number> {
    return repository.idBeforeLast(this.database, count);
  }
}
