import { Injectable } from '@nestjs/common';
import { hash } from 'node:crypto';
import type { HostId, ObservedState } from '../../../libs/contract/index.js';
import { DatabaseService, type Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import { EvacuationService } from '../evacuation/evacuation.service.js';
import { HostsService, type LockedHost } from '../hosts/hosts.service.js';
import { UnchangedReportsService } from '../hosts/unchanged-reports.service.js';
import { InventoryService } from '../inventory/inventory.service.js';
import { LeasesService } from '../leases/leases.service.js';
import { NeedsService } from '../needs/needs.service.js';
import { SparesService } from '../pools/spares.service.js';
import { TargetRemovalService } from '../targets/target-removal.service.js';
import { TargetsService } from '../targets/targets.service.js';
import { isLate } from './late.js';
import { LowWaterService } from './low-water.service.js';
import { Turns } from './turns.js';

const hashOf = (value: unknown): string => hash('sha256', JSON.stringify(value), 'base64');

/** All but the sequence: what a report says, not which one it is. */
const reportHashOf = (report: ObservedState): string => hashOf({ ...report, sequence: null });

/** Whole reports under way at once; other requests keep the rest of the database's connections. */
const WHOLE_AT_ONCE = 8;

/**
 * Takes reports into the books: one that says nothing new together with those of other hosts, any other whole,
 * in one transaction under the host's lock.
 */
@Injectable()
export class ObservedService {
  private readonly turns = new Turns(WHOLE_AT_ONCE);

  constructor(
    private readonly database: DatabaseService,
    private readonly hosts: HostsService,
    private readonly unchanged: UnchangedReportsService,
    private readonly inventory: InventoryService,
    private readonly spares: SparesService,
    private readonly targets: TargetsService,
    private readonly removal: TargetRemovalService,
    private readonly evacuation: EvacuationService,
    private readonly leases: LeasesService,
    private readonly needs: NeedsService,
    private readonly lowWater: LowWaterService,
    private readonly events: EventsService,
  ) {}

  /** A report that is late or repeated changes nothing. The answer is the hash to confirm it with. */
  async report(hostId: HostId, report: ObservedState): Promise<string> {
    const reportHash = reportHashOf(report);
    if (!(await this.unchanged.take({ hostId, sequence: report.sequence, reportHash })))
      await this.turns.take(() => this.takeWhole(hostId, report, reportHash));
    return reportHash;
  }

  private async takeWhole(hostId: HostId, report: ObservedState, reportHash: string) {
    const { disks, arrays } = report;
    const inventoryHash = hashOf({ disks, arrays });
    await this.database.transaction(async (tx) => {
      const host = await this.hosts.lock(tx, hostId);
      if (isLate(host, report)) return;
      this.tellHost(tx, host, report);
      const [seen, started] = await Promise.all([
        this.targets.observe(tx, hostId, report.targets),
        this.leases.observe(tx, hostId, report.targets),
        this.hosts.stampReport(tx, host, report, { inventoryHash, reportHash }),
        ...(inventoryHash === host.inventoryHash
          ? []
          : [
              this.inventory.replace(tx, hostId, report),
              this.spares.refreshStates(tx, hostId),
              this.needs.retryUnmet(tx, { hostId }),
            ]),
      ]);
      await this.removal.observe(tx, hostId, report, seen);
      const [, , evacuations, targets] = await Promise.all([
        this.leases.activate(tx, hostId, started),
        this.needs.fulfilAll(
          tx,
          started.map(({ needId }) => needId),
        ),
        this.evacuation.observe(tx, hostId, report),
        this.targets.ofHost(tx, hostId),
      ]);
      const now = evacuations.size === 0 ? targets : await this.targets.ofHost(tx, hostId);
      await this.lowWater.topUp(tx, now, evacuations);
    });
  }

  private tellHost(tx: Tx, host: LockedHost, report: ObservedState): void {
    const { bootId, kernelRelease, conditions } = report;
    if (host.bootId !== null && host.bootId !== bootId)
      this.events.record(tx, {
        type: 'host.rebooted',
        severity: 'warning',
        hostId: host.id,
        message: `host ${host.name} has booted anew`,
        data: { bootId, previousBootId: host.bootId, kernelRelease },
      });
    const before = new Map(host.conditions.map((c) => [c.type, c]));
    for (const { type, status, reason, message } of conditions) {
      const old = before.get(type);
      if (old?.status === status && old.reason === reason) continue;
      if (!old && status === 'True') continue;
      this.events.record(tx, {
        type: 'host.condition',
        severity: status === 'False' ? 'warning' : 'info',
        hostId: host.id,
        message: `host ${host.name}: ${type} is ${status} (${reason}): ${message}`,
        data: { type, status, reason },
      });
    }
  }
}
