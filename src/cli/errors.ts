/** Exit codes; scripts rely on them. */
export const EXIT = { failed: 1, usage: 2, unreachable: 3, unauthorised: 4 } as const;

export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly exitCode: (typeof EXIT)[keyof typeof EXIT],
    message: string,
  ) {
    super(message);
  }
}

export const usageError = (message: string): CliError => new CliError(EXIT.usage, message);
