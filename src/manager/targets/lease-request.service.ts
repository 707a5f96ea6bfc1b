import { Injectable } from '@nestjs/common';
import type { Need, Sectors, TargetId } from '../../../libs/contract/index.js';
import { leaseGeometry } from '../../../libs/dm-table/index.js';
import type { Actor } from '../access.js';
import { AuditService } from '../audit/audit.service.js';
import { DatabaseService } from '../database/database.service.js';
import { HostsService } from '../hosts/hosts.service.js';
import { NeedsService } from '../needs/needs.service.js';
import { PoolsService } from '../pools/pools.service.js';
import { conflict, ProblemError } from '../problem.js';
import { keyReused, mustHaveKey } from '../request-key.js';
import { TargetsService } from './targets.service.js';

/** A person asks for a further lease before the low-water mark would. */
@Injectable()
export class LeaseRequestService {
  constructor(
    private readonly database: DatabaseService,
    private readonly targets: TargetsService,
    private readonly hosts: HostsService,
    private readonly pools: PoolsService,
    private readonly needs: NeedsService,
    private readonly audit: AuditService,
  ) {}

  async request(
    targetId: TargetId,
    idempotencyKey: string | undefined,
    lengthSectors: Sectors | undefined,
    actor: Actor,
  ): Promise<Need> {
    const key = mustHaveKey(idempotencyKey);
    return this.database.transaction(async (tx) => {
      const { hostId, poolId } = await this.targets.get(targetId, null, tx);
      await this.hosts.lock(tx, hostId);
      const target = await this.targets.get(targetId, null, tx);
      if (target.state === 'deleting')
        throw conflict('target-deleting', `Target ${target.name} is being deleted.`);
      const sectors = lengthSectors ?? (await this.pools.policyOf(tx, poolId)).leaseSectors;
      const geometry = leaseGeometry(sectors, target.blockSectors);
      if (!geometry.ok)
        throw new ProblemError(400, 'lease-length-invalid', `lengthSectors: ${geometry.message}.`);
      const requestKey = `requested-${targetId}-${key}`;
      const { need, created } = await this.needs.record(tx, {
        ...{ targetId, hostId, cause: 'requested', requestKey, sectors },
        ...{ priority: 'normal', urgency: 0 },
      });
      if (lengthSectors !== undefined && need.sectors !== lengthSectors) throw keyReused(key);
      if (created) await this.audit.record(tx, actor, 'lease.request', targetId, { sectors, key });
      return need;
    });
  }
}
