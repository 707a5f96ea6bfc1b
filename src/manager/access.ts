import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { HostId, Role } from '../../libs/contract/index.js';

/** Who may call a route: people by role (a higher role includes the lower), an agent, or anyone at all. */
export type Access = Role | 'host' | 'anyone';

/** The person behind a request, as the audit log names them. */
export interface Actor {
  name: string;
  role: Role;
  /** Why they do what they ask for, as far as they said (X-Reason). */
  reason?: string | undefined;
}

export interface AuthenticatedRequest {
  headers: Record<string, string | string[] | undefined>;
  actor?: Actor;
  hostId?: HostId;
}

export const ACCESS = 'dm-remap:access';
export const Allow = (access: Access) => SetMetadata(ACCESS, access);

const requestOf = (context: ExecutionContext) =>
  context.switchToHttp().getRequest<AuthenticatedRequest>();

export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { actor } = requestOf(context);
  if (!actor) throw new Error('CurrentActor on a route that people cannot call');
  return actor;
});

export const CurrentHost = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { hostId } = requestOf(context);
  if (!hostId) throw new Error('CurrentHost on a route that agents cannot call');
  return hostId;
});
