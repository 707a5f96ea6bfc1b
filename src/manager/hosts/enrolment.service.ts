import { Injectable } from '@nestjs/common';
import type {
  EnrolHost,
  EnrolledHost,
  EnrolmentToken,
  HostId,
} from '../../../libs/contract/index.js';
import type { Actor } from '../access.js';
import { AuditService } from '../audit/audit.service.js';
import { DatabaseService, violatedUnique, type Tx } from '../database/database.service.js';
import { EventsService } from '../events/events.service.js';
import { IdempotencyService } from '../idempotency/idempotency.service.js';
import { conflict, ProblemError } from '../problem.js';
import type { RequestKey } from '../request-key.js';
import { hashSecret, newSecret } from '../secrets.js';
import * as enrolment from './enrolment.repository.js';
import * as hosts from './hosts.repository.js';

const LOST_TOKEN = 'if the token was lost, make another one with a new key';

@Injectable()
export class EnrolmentService {
  constructor(
    private readonly database: DatabaseService,
    private readonly events: EventsService,
    private readonly audit: AuditService,
    private readonly idempotency: IdempotencyService,
  ) {}

  async createToken(
    ttlSeconds: number,
    key: RequestKey | null,
    actor: Actor,
  ): Promise<EnrolmentToken> {
    const token = newSecret('dme');
    return this.database.transaction((tx) =>
      this.idempotency.onceWithSecret(tx, key, LOST_TOKEN, async () => {
        const expiresAt = await enrolment.insertToken(tx, hashSecret(token), ttlSeconds);
        await this.audit.record(tx, actor, 'enrolment-token.create', 'enrolment-token', {
          expiresAt,
        });
        return { token, expiresAt };
      }),
    );
  }

  async enrol(request: EnrolHost): Promise<EnrolledHost> {
    const credential = newSecret('dmh');
    try {
      const hostId = await this.database.transaction((tx) =>
        this.enrolOnce(tx, request, hashSecret(credential)),
      );
      return { hostId, credential };
    } catch (error) {
      if (violatedUnique(error) === 'host_name_key')
        throw conflict(
          'host-name-taken',
          `Another machine is enrolled as ${request.name}; choose another name.`,
        );
      throw error;
    }
  }

  private async enrolOnce(tx: Tx, request: EnrolHost, credentialHash: Buffer): Promise<HostId> {
    const tokenId = await enrolment.useToken(tx, hashSecret(request.token));
    if (tokenId === undefined)
      throw new ProblemError(
        401,
        'enrolment-token-invalid',
        'The enrolment token is unknown, expired or already used; an administrator can make a new one.',
      );
    const fresh = await hosts.insertHost(tx, request, credentialHash);
    const hostId = fresh ?? (await hosts.renewHost(tx, request, credentialHash));
    if (hostId === undefined) throw new Error('neither a new nor a known machine');
    await enrolment.rememberUser(tx, tokenId, hostId);
    const { name, machineId } = request;
    const action = fresh ? 'host.enrol' : 'host.re-enrol';
    await this.audit.record(tx, { name, role: 'host' }, action, hostId, {
      name,
      machineId,
      tokenId,
    });
    this.events.record(tx, {
      type: fresh ? 'host.enrolled' : 'host.re-enrolled',
      severity: 'info',
      hostId,
      message: `host ${request.name} ${fresh ? 'enrolled' : 'enrolled again; its credential changed'}`,
      data: { machineId: request.machineId },
    });
    return hostId;
  }
}
