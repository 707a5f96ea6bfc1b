import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { PinoLogger } from 'nestjs-pino';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DesiredState, HostId } from '../../../libs/contract/index.js';
import { DatabaseService, Gather } from '../database/database.service.js';
import { WakeService } from '../database/wake.service.js';
import { hostOfTopic } from '../hosts/hosts.service.js';
import * as repository from './desired.repository.js';
import { Watchers, type Wanted, type Watcher } from './watchers.js';

/** A lost wake-up costs an agent this much. */
const LOOK_AGAIN_MS = 1500;

/** Hosts that are looked at together: ten thousand at once would keep all others waiting meanwhile. */
const TOGETHER = 500;

/** Desired states are large, so few of them go into one statement. */
const LOOK = { waitMs: 3, most: 64 };

function partsOf(hosts: readonly HostId[], most: number): HostId[][] {
  const parts: HostId[][] = [];
  for (let at = 0; at < hosts.length; at += most) parts.push(hosts.slice(at, at + most));
  return parts;
}

/** The agents that wait cost few queries a tick, however many they are; the rest is told by wake-ups. */
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

  /**
   * Waits for a desired state above `after`, once it is known that there is none yet: a watcher of which there
   * was one already has ended with it.
   */
  async watch(wanted: Wanted, waitSeconds: number): Promise<Watcher> {
    const watcher = this.watchers.add(wanted, waitSeconds * 1000);
    try {
      const state = await this.get(wanted);
      if (state) watcher.end(state);
    } catch (error) {
      watcher.drop();
      throw error;
    }
    return watcher;
  }

  @Interval(LOOK_AGAIN_MS)
  async tick(): Promise<void> {
    if (this.ticking || !this.database.isReady) return;
    this.ticking = true;
    try {
      const parts = partsOf(this.watchers.hosts(), TOGETHER);
      for (const part of parts) {
        const wanted = part.flatMap((hostId) => this.watchers.wantedOf(hostId) ?? []);
        const ahead = new Set(await repository.hostsAhead(this.database, wanted));
        await this.lookFor(wanted.filter(({ hostId }) => ahead.has(hostId)));
        if (parts.length > 1) await sleep(LOOK_AGAIN_MS / 2 / parts.length);
      }
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
