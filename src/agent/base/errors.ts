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
  ) {
    super(`${command}: ${stderr.trim() || reason}`);
  }
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

export function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
