import { Injectable } from '@nestjs/common';
import type { HostId, LeaseId, ObservedState, Target } from '../../../libs/contract/index.js';
import type { Actor } from '../access.js';
import { AuditService } from '../audit/audit.service.js';
import { DatabaseService, type Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import { HostsService } from '../hosts/hosts.service.js';
import { LeaseReleaseService } from '../leases/lease-release.service.js';
import { LeasesService } from '../leases/leases.service.js';
import { NeedsService } from '../needs/needs.service.js';
import { conflict } from '../problem.js';
import { mustMatch, type ExpectedVersion } from '../versions.js';
import * as repository from './targets.repository.js';
import { TargetsService, type LastSeen } from './targets.service.js';

/**
 * Deleting goes by what the host confirms: the target is gone, then its leases are wiped, and only then is
 * their space lent again.
 */
@Injectable()
export class TargetRemovalService {
  constructor(
    private readonly database: DatabaseService,
    private readonly targets: TargetsService,
    private readonly hosts: HostsService,
    private readonly leases: LeasesService,
    private readonly releases: LeaseReleaseService,
    private readonly needs: NeedsService,
    private readonly events: EventsService,
    private readonly audit: AuditService,
  ) {}

  async remove(
    idOrName: string,
    hostId: HostId | null,
    force: boolean,
    expected: ExpectedVersion,
    actor: Actor,
  ): Promise<Target> {
    return this.database.transaction(async (tx) => {
      const named = await this.targets.get(idOrName, hostId, tx);
      await this.hosts.lock(tx, named.hostId);
      const target = await this.targets.get(named.id, null, tx);
      if (target.state === 'deleting') return target;
      mustMatch(expected, target, `Target ${target.name}`);
      if (!force) await this.mustBeHarmless(tx, target);
      await this.needs.cancelAll(tx, target.id, 'the target is being deleted');
      await this.targets.advance(tx, target, 'deleting');
      if (target.leaseCount === 0) await this.finish(tx, target);
      else {
        const raised = await this.hosts.raiseDesired(tx, [target.hostId]);
        await repository.setDeleteGeneration(tx, target.id, raised.get(target.hostId)?.generation);
      }
      await this.audit.record(tx, actor, 'target.delete', target.id, {
        ...{ name: target.name, hostId: target.hostId, mainDeviceId: target.mainDeviceId },
        force,
      });
      return { ...target, state: 'deleting', version: target.version + 1 };
    });
  }

  private async mustBeHarmless(tx: Tx, target: Target): Promise<void> {
    const used = target.observed?.usedBlocks ?? 0;
    if (used > 0)
      throw conflict(
        'target-has-remaps',
        `${used} block(s) of target ${target.name} live only in its leases and would be lost; use force to delete it all the same.`,
      );
    const array = await repository.arrayWith(tx, target.id);
    if (array !== undefined)
      throw conflict(
        'target-in-array',
        `Target ${target.name} is a member of array ${array}; remove it there first, or use force.`,
      );
  }

  /** Takes one step further whatever the report confirms about those of the host's targets being deleted. */
  async observe(
    tx: Tx,
    hostId: HostId,
    report: ObservedState,
    targets: readonly LastSeen[],
  ): Promise<void> {
    const there = new Set(report.targets.map(({ targetId }) => targetId));
    const wiped = new Set<LeaseId>(report.wipedLeases);
    const deleting = targets.filter(({ state }) => state === 'deleting');
    let changed = false;
    for (const target of deleting) {
      const gone =
        !there.has(target.id) && report.observedGeneration >= (target.deleteGeneration ?? Infinity);
      const leases = await this.leases.ofTarget(tx, target.id);
      let left = leases.length;
      for (const lease of leases) {
        if (lease.state === 'draining' && wiped.has(lease.id)) {
          await this.releases.release(tx, hostId, lease);
          left -= 1;
          changed = true;
        } else if (lease.state !== 'draining' && gone) {
          await this.leases.advance(tx, lease, 'draining');
          changed = true;
        }
      }
      if (left === 0) await this.finish(tx, { ...target, hostId });
    }
    if (!changed) return;
    await this.hosts.raiseDesired(tx, [hostId]);
    await this.needs.retryUnmet(tx, { hostId });
  }

  private async finish(tx: Tx, { id, hostId, name }: Pick<Target, 'id' | 'hostId' | 'name'>) {
    await this.targets.advance(tx, { id, state: 'deleting' }, 'deleted');
    this.events.record(tx, {
      type: 'target.deleted',
      severity: 'info',
      hostId,
      targetId: id,
      message: `target ${name} is gone`,
      data: {},
    });
  }
}
