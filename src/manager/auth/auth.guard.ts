import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Role } from '../../../libs/contract/index.js';
import { ACCESS, type Access, type AuthenticatedRequest } from '../access.js';
import { HostsService } from '../hosts/hosts.service.js';
import { ProblemError } from '../problem.js';
import { AuthService } from './auth.service.js';

const RANK: Record<Role, number> = { viewer: 0, operator: 1, administrator: 2 };

const unauthenticated = (detail: string) => new ProblemError(401, 'unauthenticated', detail);

function bearer({ headers }: AuthenticatedRequest): string {
  const header = headers.authorization;
  const token = typeof header === 'string' ? /^Bearer +(\S+)$/i.exec(header)?.[1] : undefined;
  if (token === undefined)
    throw unauthenticated('Send the header `Authorization: Bearer TOKEN` with a token.');
  return token;
}

const LONGEST_REASON = 1000;

/** Text beyond ASCII comes percent-encoded. */
function reasonOf({ headers }: AuthenticatedRequest): string | undefined {
  const header = headers['x-reason'];
  if (typeof header !== 'string' || header.trim() === '') return undefined;
  const reason = decoded(header.trim()).replaceAll('\0', '');
  if (reason.length <= LONGEST_REASON) return reason;
  throw new ProblemError(
    400,
    'reason-too-long',
    `X-Reason has ${reason.length} characters, more than ${LONGEST_REASON}.`,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Closed by default: a route that does not say whom it allows is the administrator's. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly auth: AuthService,
    private readonly hosts: HostsService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const handlers = [context.getHandler(), context.getClass()];
    const access =
      this.reflector.getAllAndOverride<Access | undefined>(ACCESS, handlers) ?? 'administrator';
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (access === 'anyone') return true;
    if (access === 'host') await this.authenticateHost(request);
    else await this.authenticatePerson(request, access);
    return true;
  }

  private async authenticateHost(request: AuthenticatedRequest): Promise<void> {
    const hostId = await this.hosts.byCredential(bearer(request));
    if (hostId === undefined)
      throw unauthenticated(
        'This is not the credential of an enrolled host; enrol the host again with a new token.',
      );
    request.hostId = hostId;
  }

  private async authenticatePerson(request: AuthenticatedRequest, role: Role): Promise<void> {
    const actor = await this.auth.actorOf(bearer(request));
    if (!actor) throw unauthenticated('This is not the token of an operator.');
    if (RANK[actor.role] < RANK[role])
      throw new ProblemError(
        403,
        'forbidden',
        `This needs the role ${role}; ${actor.name} has the role ${actor.role}.`,
      );
    request.actor = { ...actor, reason: reasonOf(request) };
  }
}
