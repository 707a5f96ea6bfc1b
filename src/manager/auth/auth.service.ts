import { Injectable } from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import type { CreatedOperator, CreateOperator, Operator } from '../../../libs/contract/index.js';
import type { Actor } from '../access.js';
import { AuditService } from '../audit/audit.service.js';
import { ConfigService } from '../config/config.service.js';
import { DatabaseService, violatedUnique } from '../database/database.service.js';
import { IdempotencyService } from '../idempotency/idempotency.service.js';
import { conflict, notFound } from '../problem.js';
import type { RequestKey } from '../request-key.js';
import { hashSecret, newSecret } from '../secrets.js';
import * as repository from './auth.repository.js';

const LOST_TOKEN = 'if the token was lost, delete the operator and make it again with a new key';

@Injectable()
export class AuthService {
  private readonly bootstrap: Buffer;

  constructor(
    private readonly database: DatabaseService,
    private readonly audit: AuditService,
    private readonly idempotency: IdempotencyService,
    config: ConfigService,
  ) {
    this.bootstrap = hashSecret(config.values.DMREMAP_ADMIN_TOKEN);
  }

  /** The administrator of the environment works even while PostgreSQL is down. */
  async actorOf(token: string): Promise<Actor | undefined> {
    const hash = hashSecret(token);
    if (timingSafeEqual(hash, this.bootstrap)) return { name: 'bootstrap', role: 'administrator' };
    return repository.operatorByToken(this.database, hash);
  }

  async createOperator(
    { name, role }: CreateOperator,
    key: RequestKey | null,
    actor: Actor,
  ): Promise<CreatedOperator> {
    const token = newSecret('dmo');
    try {
      return await this.database.transaction((tx) =>
        this.idempotency.onceWithSecret(tx, key, LOST_TOKEN, async () => {
          const operator = await repository.insertOperator(tx, name, role, hashSecret(token));
          await this.audit.record(tx, actor, 'operator.create', operator.id, { name, role });
          return { ...operator, token };
        }),
      );
    } catch (error) {
      if (violatedUnique(error) !== undefined)
        throw conflict('operator-exists', `There already is an operator ${name}.`);
      throw error;
    }
  }

  async removeOperator(idOrName: string, actor: Actor): Promise<void> {
    await this.database.transaction(async (tx) => {
      const gone = await repository.deleteOperator(tx, idOrName);
      if (!gone) throw notFound('operator', idOrName, 'GET /v1/operators lists them');
      await this.audit.record(tx, actor, 'operator.delete', gone.id, {
        name: gone.name,
        role: gone.role,
      });
    });
  }

  async listOperators(): Promise<Operator[]> {
    return repository.listOperators(this.database);
  }
}
