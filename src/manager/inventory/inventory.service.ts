import { Injectable } from '@nestjs/common';
import type {
  DeviceId,
  Disk,
  HostId,
  ObservedDisk,
  ObservedState,
  RaidArray,
} from '../../../libs/contract/index.js';
import { DatabaseService, type Sql, type Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import { conflict, ProblemError } from '../problem.js';
import { arrayEvents } from './array-changes.js';
import * as repository from './inventory.repository.js';

@Injectable()
export class InventoryService {
  constructor(
    private readonly database: DatabaseService,
    private readonly events: EventsService,
  ) {}

  async listDisks(page: PageRequest, hostId: HostId | null): Promise<PageOf<Disk>> {
    return toPage<Disk>(await repository.listDisks(this.database, page, hostId), page.limit);
  }

  async listArrays(page: PageRequest, hostId: HostId | null): Promise<PageOf<RaidArray>> {
    return toPage<RaidArray>(await repository.listArrays(this.database, page, hostId), page.limit);
  }

  /** Takes the whole of what a host sees now in place of what it saw before. */
  async replace(
    tx: Tx,
    hostId: HostId,
    { disks, arrays }: Pick<ObservedState, 'disks' | 'arrays'>,
  ): Promise<void> {
    const before = await repository.arraysOf(tx, hostId);
    await repository.upsertDisks(tx, hostId, disks);
    await repository.markMissing(
      tx,
      hostId,
      disks.map(({ id }) => id),
    );
    await repository.forgetMissing(tx, hostId);
    await repository.replaceArrays(tx, hostId, arrays);
    for (const event of arrayEvents(hostId, before, arrays)) this.events.record(tx, event);
  }

  /** The disk, if it can be put to use: the host reports it now, and nothing uses it. */
  async freeDisk(sql: Sql, hostId: HostId, deviceId: DeviceId): Promise<ObservedDisk> {
    const disk = await repository.presentDisk(sql, hostId, deviceId);
    if (!disk)
      throw new ProblemError(
        404,
        'disk-not-found',
        `The host does not report a disk ${deviceId}; \`dmremap disk list\` shows those it does.`,
      );
    if (disk.usedBy.length > 0)
      throw conflict(
        'disk-in-use',
        `Disk ${deviceId} (${disk.kernelName}) is in use by ${disk.usedBy.join(', ')}; free it first or take another.`,
      );
    return disk;
  }
}
