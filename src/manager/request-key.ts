import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { createHash } from 'node:crypto';
import type { AuthenticatedRequest } from './access.js';
import { ProblemError } from './problem.js';

/** What makes a request the same as an earlier one. */
export interface RequestKey {
  /** Keys of different people never meet. */
  actor: string;
  key: string;
  /** Of method, path and body. */
  hash: Buffer;
}

interface KeyedRequest extends AuthenticatedRequest {
  method: string;
  url: string;
  body: unknown;
}

const HINT =
  'Idempotency-Key is 1 to 128 printable characters; a repeat with the same key asks once.';

/** The header, as it may be; undefined when it is not there. */
export function keyOf({ headers }: Pick<AuthenticatedRequest, 'headers'>): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,128}$/.test(key)) return key;
  throw new ProblemError(400, 'idempotency-key-invalid', HINT);
}

export function mustHaveKey(key: string | undefined): string {
  if (key !== undefined) return key;
  throw new ProblemError(400, 'idempotency-key-missing', `Send the header: ${HINT}`);
}

export const keyReused = (key: string) =>
  new ProblemError(
    422,
    'idempotency-key-reused',
    `The Idempotency-Key ${key} was sent with another request before; use a new key for a new request.`,
  );

const sorted = (_: string, value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

function requestKey(request: KeyedRequest): RequestKey | null {
  const key = keyOf(request);
  if (key === undefined || !request.actor) return null;
  const { method, url, body, actor } = request;
  const text = JSON.stringify([method, url, body ?? null], sorted);
  return { actor: actor.name, key, hash: createHash('sha256').update(text).digest() };
}

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<KeyedRequest>();

/** The request's identity; null when it carries no Idempotency-Key. */
export const CurrentRequestKey = createParamDecorator((_: unknown, context: ExecutionContext) =>
  requestKey(requestOf(context)),
);

/** The key alone, where something else than the answer is kept by it. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext) =>
  keyOf(requestOf(context)),
);

/** The route answers a repeat with the same Idempotency-Key as it did the first time. */
export const Repeatable = () =>
  ApiHeader({ name: 'Idempotency-Key', required: false, description: HINT });
