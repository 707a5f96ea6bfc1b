import { Injectable } from '@nestjs/common';
import type { DesiredState, HostId } from '../../../libs/contract/index.js';
import { DatabaseService } from '../database/database.service.js';
import { WakeService } from '../database/wake.service.js';
import { HostsService, hostTopic } from '../hosts/hosts.service.js';
import { notFound } from '../problem.js';
import * as repository from './desired.repository.js';

/** A lost wake-up costs an agent this much. */
const LOOK_AGAIN_MS = 1500;

@Injectable()
export class DesiredService {
  constructor(
    private readonly database: DatabaseService,
    private readonly wake: WakeService,
    private readonly hosts: HostsService,
  ) {}

  /** The desired state as soon as its generation is above `after`; undefined when the time went by. */
  async wait(
    hostId: HostId,
    after: number,
    waitSeconds: number,
  ): Promise<DesiredState | undefined> {
    const deadline = Date.now() + waitSeconds * 1000;
    for (;;) {
      const remaining = deadline - Date.now();
      const woken =
        remaining > 0
          ? this.wake.wait(hostTopic(hostId), Math.min(remaining, LOOK_AGAIN_MS))
          : undefined;
      const generations = await this.hosts.generations(hostId);
      if (!generations) throw notFound('host', hostId, 'enrol the machine again');
      if (generations.desired > after) return repository.desiredState(this.database, hostId);
      if (!woken || this.wake.stopping) return undefined;
      await woken;
    }
  }
}
