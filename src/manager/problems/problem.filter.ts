import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { IllegalStep } from '../../../libs/lifecycle/index.js';
import type { Problem } from '../../../libs/contract/index.js';
import { isDatabaseDown, isUnstorable } from '../database/database.service.js';
import { databaseUnavailable, ProblemError } from '../problem.js';

interface Reply {
  sent: boolean;
  status(code: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): void;
}

interface Asked {
  method: string;
  url: string;
}

const TITLES: Record<number, string> = {
  400: 'The request is not valid',
  401: 'Authentication is needed',
  403: 'Not allowed',
  404: 'Not found',
  409: 'In conflict with what is there',
  412: 'Changed meanwhile',
  413: 'Too large',
  415: 'Not JSON',
  422: 'Not what it was',
  503: 'Not available now',
};

const HTTP_CODES: Record<number, string> = {
  400: 'bad-request',
  404: 'route-not-found',
  413: 'too-large',
  415: 'not-json',
};

interface FastifyLike {
  statusCode?: unknown;
  message?: unknown;
}

/** Every error leaves as RFC 9457 problem details; only what nobody foresaw is a 500, and is logged. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: PinoLogger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<Reply>();
    if (reply.sent) return;
    const problem = this.foreseen(error);
    if (problem.status >= 500 && problem.code === 'internal') {
      const { method, url } = host.switchToHttp().getRequest<Asked>();
      this.log.error({ err: error, method, url }, 'a request failed for a reason nobody foresaw');
    }
    const body: Problem = {
      type: `urn:dm-remap:problem:${problem.code}`,
      title: TITLES[problem.status] ?? 'The manager failed',
      status: problem.status,
      code: problem.code,
      detail: problem.message,
      ...(problem.errors ? { errors: problem.errors } : {}),
    };
    for (const [name, value] of Object.entries(problem.headers)) reply.header(name, value);
    if (problem.status === 503) reply.header('retry-after', '2');
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
    reply.status(problem.status).header('content-type', 'application/problem+json').send(body);
  }

  private foreseen(error: unknown): ProblemError {
    if (error instanceof ProblemError) return error;
    if (isDatabaseDown(error)) return databaseUnavailable();
    if (isUnstorable(error))
      return new ProblemError(
        400,
        'text-invalid',
        'A text holds a character that cannot be stored.',
      );
    if (error instanceof IllegalStep) return new ProblemError(409, 'illegal-step', error.message);
    if (error instanceof HttpException) {
      const status = error.getStatus();
      return new ProblemError(status, HTTP_CODES[status] ?? `http-${status}`, error.message);
    }
    const { statusCode, message } = (error ?? {}) as FastifyLike;
    if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
      return new ProblemError(
        statusCode,
        HTTP_CODES[statusCode] ?? `http-${statusCode}`,
        String(message),
      );
    return new ProblemError(500, 'internal', 'The manager failed; its log says why.');
  }
}
