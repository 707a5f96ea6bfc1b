/** Whole transactions worth running again: deadlock, serialisation failure, lost race for an extent or a disk. */
const RETRYABLE = new Set(['40P01', '40001', '23P01']);
const DOWN =
  /^(08...|57P0[123]|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|database-unavailable)$/;
const DOWN_MESSAGE =
  /Connection terminated|timeout exceeded when trying to connect|not queryable|Client has encountered a connection error|QueryRunnerAlreadyReleased|released query runner|Driver not Connected/i;

interface Coded {
  code?: unknown;
  driverError?: Coded;
  constraint?: unknown;
}

function codeOf(error: unknown): string | undefined {
  const { code, driverError } = (error ?? {}) as Coded;
  const value = driverError?.code ?? code;
  return typeof value === 'string' ? value : undefined;
}

export const isRetryable = (error: unknown): boolean =>
  RETRYABLE.has(codeOf(error) ?? '') ||
  violatedUnique(error) === 'one_device_one_use' ||
  isOutdated(error);

/** A statement that was prepared before a migration, and that does not answer what it did then. */
export const isOutdated = (error: unknown): boolean =>
  codeOf(error) === '0A000' && error instanceof Error && error.message.includes('cached plan');

/** A statement that is refused since one before it in the transaction has failed. */
export const isAborted = (error: unknown): boolean => codeOf(error) === '25P02';

/** Also of the problem that such an error becomes. */
export function isDatabaseDown(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseDown);
  return (
    DOWN.test(codeOf(error) ?? '') || (error instanceof Error && DOWN_MESSAGE.test(error.message))
  );
}

/** What the function all_or_none raises. */
export const isNotAll = (error: unknown): boolean => codeOf(error) === 'RM001';

/** Text that PostgreSQL cannot hold, such as a NUL character. */
export const isUnstorable = (error: unknown): boolean =>
  ['22021', '22P05'].includes(codeOf(error) ?? '');

/** The name of the unique constraint or index that refused a row. */
export function violatedUnique(error: unknown): string | undefined {
  if (codeOf(error) !== '23505') return undefined;
  const { constraint, driverError } = error as Coded;
  const name = driverError?.constraint ?? constraint;
  return typeof name === 'string' ? name : undefined;
}
