import { Injectable } from '@nestjs/common';
import type { HostId } from '../../../libs/contract/index.js';
import type { Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import * as repository from './drained.repository.js';
import { LeasesService, type LiveLease } from './leases.service.js';

/** The end of a lease, and of the emptying of its spare with the last one. */
@Injectable()
export class LeaseReleaseService {
  constructor(
    private readonly leases: LeasesService,
    private readonly events: EventsService,
  ) {}

  /** Of a lease that was wiped, as the agent confirmed: its space may be lent again. */
  async release(tx: Tx, hostId: HostId, lease: LiveLease): Promise<void> {
    await this.leases.advance(tx, lease, 'released');
    this.events.record(tx, {
      type: 'lease.released',
      severity: 'info',
      hostId,
      targetId: lease.targetId,
      message: `lease ${lease.id} of target ${lease.targetName} is wiped and its space free again`,
      data: { leaseId: lease.id },
    });
    const drained = await repository.drainedSpare(tx, lease.spareId);
    if (drained) this.tellDrained(tx, drained);
  }

  private tellDrained(tx: Tx, spare: repository.DrainedSpare): void {
    const { id: spareId, deviceId, hostId, hostName } = spare;
    const told = { severity: 'info' as const, hostId };
    this.events.record(tx, {
      type: 'spare.drained',
      ...told,
      message: `nothing is lent from spare ${deviceId} any more; it can be removed`,
      data: { spareId, deviceId },
    });
    if (!spare.hostIsDrained) return;
    this.events.record(tx, {
      type: 'host.drained',
      ...told,
      message: `nothing is lent from the spares of host ${hostName} any more`,
      data: {},
    });
  }
}
