import { Injectable } from '@nestjs/common';
import type { CreatePool, Pool, PoolId, PoolPolicy } from '../../../libs/contract/index.js';
import { leaseGeometry } from '../../../libs/dm-table/index.js';
import { mayStep, poolLifeCycle } from '../../../libs/lifecycle/index.js';
import type { Actor } from '../access.js';
import { AuditService } from '../audit/audit.service.js';
import { DatabaseService, violatedUnique, type Sql } from '../database/database.service.js';
import { IdempotencyService } from '../idempotency/idempotency.service.js';
import { NeedsService } from '../needs/needs.service.js';
import { toPage, type PageOf, type PageRequest } from '../paging.js';
import { conflict, notFound, ProblemError } from '../problem.js';
import type { RequestKey } from '../request-key.js';
import { mustMatch, type ExpectedVersion } from '../versions.js';
import * as repository from './pools.repository.js';

const LARGEST_BLOCK_SECTORS = 64;

function mustBeSound(policy: PoolPolicy): void {
  const geometry = leaseGeometry(policy.leaseSectors, LARGEST_BLOCK_SECTORS);
  if (!geometry.ok)
    throw new ProblemError(400, 'policy-invalid', `policy.leaseSectors: ${geometry.message}.`);
  const { leaseSectors, maxLeaseSectors } = policy;
  if (maxLeaseSectors !== null && maxLeaseSectors < leaseSectors)
    throw new ProblemError(
      400,
      'policy-invalid',
      `policy.maxLeaseSectors: ${maxLeaseSectors} is less than leaseSectors, ${leaseSectors}.`,
    );
}

@Injectable()
export class PoolsService {
  constructor(
    private readonly database: DatabaseService,
    private readonly needs: NeedsService,
    private readonly audit: AuditService,
    private readonly idempotency: IdempotencyService,
  ) {}

  async list(page: PageRequest): Promise<PageOf<Pool>> {
    return toPage<Pool>(await repository.listPools(this.database, page), page.limit);
  }

  async get(idOrName: string, sql: Sql = this.database): Promise<Pool> {
    const pool = await repository.poolByIdOrName(sql, idOrName);
    if (!pool) throw notFound('pool', idOrName, '`dmremap pool list` shows the pools');
    return pool;
  }

  async policyOf(sql: Sql, id: PoolId): Promise<PoolPolicy> {
    const policy = await repository.policyOf(sql, id);
    if (!policy) throw notFound('pool', id, '`dmremap pool list` shows the pools');
    return policy;
  }

  async create({ name, policy }: CreatePool, key: RequestKey | null, actor: Actor): Promise<Pool> {
    mustBeSound(policy);
    try {
      return await this.database.transaction((tx) =>
        this.idempotency.once(tx, key, async () => {
          const id = await repository.insertPool(tx, name, policy);
          await this.audit.record(tx, actor, 'pool.create', id, { name, policy });
          return this.get(id, tx);
        }),
      );
    } catch (error) {
      if (violatedUnique(error) !== undefined)
        throw conflict('pool-exists', `There already is a pool ${name}.`);
      throw error;
    }
  }

  /** Fields that the change leaves out stay as they are. */
  async updatePolicy(
    idOrName: string,
    change: Partial<PoolPolicy>,
    expected: ExpectedVersion,
    actor: Actor,
  ): Promise<Pool> {
    return this.database.transaction(async (tx) => {
      const { id } = await this.get(idOrName, tx);
      await repository.lockPool(tx, id);
      const before = await this.get(id, tx);
      mustMatch(expected, before, `Pool ${before.name}`);
      const policy = { ...before.policy, ...change };
      mustBeSound(policy);
      await repository.updatePolicy(tx, id, policy);
      await this.needs.retryUnmet(tx, { poolId: id });
      await this.audit.record(tx, actor, 'pool.update', id, {
        name: before.name,
        before: { policy: before.policy },
        after: { policy },
      });
      return this.get(id, tx);
    });
  }

  async remove(idOrName: string, expected: ExpectedVersion, actor: Actor): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { id, name } = await this.get(idOrName, tx);
      await repository.lockPool(tx, id);
      const before = await this.get(id, tx);
      mustMatch(expected, before, `Pool ${name}`);
      if (!mayStep(poolLifeCycle, await repository.stateOf(tx, id), 'deleted'))
        throw conflict(
          'pool-in-use',
          `Pool ${name} has or had spares or targets, which its history names; it cannot be deleted.`,
        );
      await repository.deletePool(tx, id);
      await this.audit.record(tx, actor, 'pool.delete', id, { name, policy: before.policy });
    });
  }
}
