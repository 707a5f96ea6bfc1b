import {
  createParamDecorator,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { tap, type Observable } from 'rxjs';
import { ProblemError } from './problem.js';

/** The versions that a change was made for (If-Match); null when any will do. */
export type ExpectedVersion = readonly number[] | null;

const etagOf = (version: number): string => `"${version}"`;

/** RFC 9110, section 13.1.1. A tag that is not one of ours matches nothing. */
export function parseIfMatch(header: string | undefined): ExpectedVersion {
  if (header === undefined || header.trim() === '*') return null;
  return header
    .split(',')
    .flatMap((tag) => /^\s*"(\d{1,15})"\s*$/.exec(tag)?.[1] ?? [])
    .map(Number);
}

/** Asked for under the lock under which the change is made. */
export function mustMatch(
  expected: ExpectedVersion,
  { version }: { version: number },
  what: string,
): void {
  if (expected?.includes(version) ?? true) return;
  throw new ProblemError(
    412,
    'version-conflict',
    `${what} was changed meanwhile and is now ${etagOf(version)}; look at it again and repeat the change.`,
    undefined,
    { etag: etagOf(version) },
  );
}

interface Reply {
  header(name: string, value: string): void;
}

@Injectable()
class EtagInterceptor implements NestInterceptor<{ version: number }> {
  intercept(context: ExecutionContext, next: CallHandler<{ version: number }>): Observable<object> {
    const reply = context.switchToHttp().getResponse<Reply>();
    return next.handle().pipe(
      tap(({ version }) => {
        reply.header('etag', etagOf(version));
      }),
    );
  }
}

/** The answer carries its version as ETag. */
export const Versioned = () => UseInterceptors(EtagInterceptor);

/** The route honours If-Match; without it the change goes through whatever the version is. */
export const Conditional = () =>
  ApiHeader({ name: 'If-Match', required: false, description: 'ETag of what is to be changed' });

export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, unknown> }>();
  const header = headers['if-match'];
  return parseIfMatch(typeof header === 'string' ? header : undefined);
});
