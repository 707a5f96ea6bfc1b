import { Injectable } from '@nestjs/common';
import type { HostId } from '../../../libs/contract/index.js';
import { DatabaseService } from '../database/database.service.js';
import { WakeService } from '../database/wake.service.js';
import { HostsService, hostTopic } from '../hosts/hosts.service.js';

/**
 * An agent dials in; to deliver is to wake its long poll, again and again until it has caught up. One that has
 * caught up is woken for nothing.
 */
@Injectable()
export class DeliveryService {
  constructor(
    private readonly database: DatabaseService,
    private readonly hosts: HostsService,
    private readonly wake: WakeService,
  ) {}

  async deliver(hostIds: readonly HostId[]): Promise<void> {
    await this.wake.notify(this.database, hostIds.map(hostTopic));
  }

  async deliverToAllBehind(): Promise<void> {
    await this.deliver(await this.hosts.longBehind());
  }
}
