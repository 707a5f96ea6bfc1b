import { Injectable } from '@nestjs/common';
import type {
  DeviceId,
  Disk,
  HostId,
  ObservedArray,
  ObservedDisk,
  ObservedState,
  RaidArray,
} from '../../../libs/contract/index.js';
import { holderOf, type Device } from '../../../libs/device-use/index.js';
import { DatabaseService, type Sql, type Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import { conflict, ProblemError } from '../problem.js';
import { arrayEvents } from './array-changes.js';
import { predictionEvent } from './disk-changes.js';
import * as claims from './claims.repository.js';
import * as repository from './inventory.repository.js';

const heldElsewhere = (detail: string) => conflict('device-held-elsewhere', detail);

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
    const ids = disks.map(({ id }) => id);
    const [before, predicted] = await Promise.all([
      repository.arraysOf(tx, hostId),
      repository.upsertDisks(tx, hostId, disks),
      repository.markMissing(tx, hostId, ids),
      repository.forgetMissing(tx, hostId),
      repository.replaceArrays(tx, hostId, arrays),
    ]);
    for (const event of [
      ...predicted.map((disk) => predictionEvent(hostId, disk)),
      ...arrayEvents(hostId, before, arrays),
    ])
      this.events.record(tx, event);
  }

  async arraysOf(sql: Sql, hostId: HostId): Promise<ObservedArray[]> {
    return repository.arraysOf(sql, hostId);
  }

  /** The disk, if it can be put to use: the host reports it now, and nothing uses it on any host. */
  async freeDisk(sql: Sql, hostId: HostId, deviceId: DeviceId): Promise<ObservedDisk> {
    const disk = await repository.presentDisk(sql, hostId, deviceId);
    await this.mustNotBeHeld(sql, hostId, disk ?? { id: deviceId, diskId: deviceId });
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
    const elsewhere = await claims.useElsewhere(sql, hostId, disk);
    if (elsewhere)
      throw heldElsewhere(
        `Disk ${deviceId} is also seen by host ${elsewhere.hostName} as ${elsewhere.kernelName}, which uses it (${elsewhere.usedBy.join(', ')}); free it there first or take another.`,
      );
    return disk;
  }

  /** By the books, even if nothing runs on it yet. */
  private async mustNotBeHeld(sql: Sql, hostId: HostId, device: Device): Promise<void> {
    const holder = holderOf(await claims.claimsOn(sql, device), hostId, device);
    if (!holder) return;
    if (holder.hostId === hostId)
      throw conflict(
        'disk-taken',
        `Disk ${device.id} already is ${holder.use}; take another disk.`,
      );
    const what = holder.id === device.id ? 'the same device' : `of the same disk, ${holder.id}`;
    throw heldElsewhere(
      `Disk ${device.id} belongs to host ${holder.hostName}: ${what}, is ${holder.use} there. A disk has one use on one host; release it there first or take another.`,
    );
  }
}
