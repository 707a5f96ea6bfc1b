import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { PinoLogger } from 'nestjs-pino';
import type { DesiredState } from '../../../libs/contract/index.js';
import { DatabaseService, Gather } from '../database/database.service.js';
import { WakeService } from '../database/wake.service.js';
import { hostOfTopic } from '../hosts/hosts.service.js';
import * as repository from './desired.repository.js';
import { Watchers, type Wanted, type Watcher } from './watchers.js';

/** A lost wake-up costs an agent this much. */
const LOOK_AGAIN_MS = 1500;

/** Desired states are large, so few of them go into one statement. */
const LOOK = { waitMs: 3, most: 64 };

/** The agents that wait, however many, cost one query a tick; the rest is told by wake-ups. */
@Injectable()
export class DesiredService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly watchers = new Watchers();
  private readonly looks = new Gather<Wanted, DesiredState | undefined>(
    (wanted) => this.look(wanted),
    LOOK,
  );
  private ticking = false;

  constructor(
    private readonly database: DatabaseService,
    private readonly wake: WakeService,
    private readonly log: PinoLogger,
  ) {
    log.setContext(DesiredService.name);
  }

  onApplicationBootstrap(): void {
    this.wake.onWake((topic) => {
      const hostId = hostOfTopic(topic);
      const wanted = hostId && this.watchers.wantedOf(hostId);
      if (wanted) void this.lookFor([wanted]);
    });
  }

  onModuleDestroy(): void {
    this.watchers.close();
  }

  /** The desired state when it is above `after` now. */
  async get(wanted: Wanted): Promise<DesiredState | undefined> {
    return this.looks.of(wanted);
  }

  /** Waits for a desired state above `after`, and looks whether there is one already. */
  watch(wanted: Wanted, waitSeconds: number): Watcher {
    const watcher = this.watchers.add(wanted, waitSeconds * 1000);
    const answer = this.get(wanted).then(
      (state) => {
        if (state) watcher.drop();
        return state ?? watcher.answer;
      },
      (error: unknown) => {
        watcher.drop();
        throw error;
      },
    );
    return { ...watcher, answer };
  }

  @Interval(LOOK_AGAIN_MS)
  async tick(): Promise<void> {
    const wanted = this.watchers.wanted();
    if (this.ticking || !this.database.isReady || wanted.length === 0) return;
    this.ticking = true;
    try {
      const ahead = new Set(await repository.hostsAhead(this.database, wanted));
      await this.lookFor(wanted.filter(({ hostId }) => ahead.has(hostId)));
    } catch (error) {
      this.log.debug({ err: error }, 'cannot look for desired states; the next tick is near');
    } finally {
      this.ticking = false;
    }
  }

  private async lookFor(wanted: readonly Wanted[]): Promise<void> {
    await Promise.all(
      wanted.map(async (one) => {
        const state = await this.looks.of(one).catch(() => undefined);
        if (state) this.watchers.tell(state);
      }),
    );
  }

  private async look(wanted: readonly Wanted[]): Promise<(DesiredState | undefined)[]> {
    const states = await repository.desiredStates(this.database, wanted);
    const byHost = new Map(states.map((state) => [state.hostId, state]));
    return wanted.map(({ hostId, after }) => {
      const state = byHost.get(hostId);
      return state && state.generation > after ? state : undefined;
    });
  }
}
