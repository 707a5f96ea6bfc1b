/** What no retry can fix; loops wait long, or stop, instead of trying again at once. */
export class PermanentError extends Error {
  override readonly name: string = 'PermanentError';
}

/** The manager does not accept this host's credential or token. */
export class UnauthorisedError extends PermanentError {
  override readonly name = 'UnauthorisedError';
}

/** A program that the agent started failed; the message has what it said. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly command: string,
    readonly stderr: string,
    reason: string,
    /** Of the system error for which it could not be started. */
    readonly code?: string,
  ) {
    super(`${command}: ${stderr.trim().replaceAll('\n', '; ') || reason}`);
  }
}

function textIn(error: unknown, key: 'message' | 'code'): string | undefined {
  if (typeof error !== 'object' || error === null || !(key in error)) return undefined;
  const value: unknown = error[key as keyof typeof error];
  return typeof value === 'string' ? value : undefined;
}

export const messageOf = (error: unknown): string => textIn(error, 'message') ?? String(error);

/** The code of a system error, such as `ENOENT`. */
export const errorCodeOf = (error: unknown): string | undefined => textIn(error, 'code');
