import type { Problem } from '../../libs/contract/index.js';

/** An answer that a caller can act on; `code` is stable, `detail` says what happened, to what, and what to do. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly errors?: Problem['errors'],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.name = 'ProblemError';
  }
}

export const notFound = (what: string, key: string, hint: string) =>
  new ProblemError(404, `${what}-not-found`, `There is no ${what} ${key}; ${hint}.`);

export const conflict = (code: string, detail: string) => new ProblemError(409, code, detail);

export const databaseUnavailable = () =>
  new ProblemError(
    503,
    'database-unavailable',
    'PostgreSQL does not answer; nothing was changed. Try again in a few seconds.',
  );

/** The connection was lost between the commit and its answer. */
export const outcomeUnknown = () =>
  new ProblemError(
    503,
    'database-unavailable',
    'PostgreSQL went away while the change was committed; whether it was made is not known. Look what there is, or repeat the request with the same Idempotency-Key.',
  );
