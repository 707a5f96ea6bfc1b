import { Injectable } from '@nestjs/common';
import type { HostId } from '../../../libs/contract/index.js';
import { DatabaseService } from '../database/database.service.js';
import { WakeService } from '../database/wake.service.js';
import { hostTopic } from '../hosts/hosts.service.js';

/**
 * An agent dials in; to deliver is to wake its long poll once more, should the wake-up of the commit have been
 * lost. One that has caught up is woken for nothing; what is lost again, the watch finds by itself.
 */
@Injectable()
export class DeliveryService {
  constructor(
    private readonly database: DatabaseService,
    private readonly wake: WakeService,
  ) {}

  async deliver(hostIds: readonly HostId[]): Promise<void> {
    await this.wake.notify(this.database, hostIds.map(hostTopic));
  }
}
