/** What went wrong, to what, and what to do: a sentence fit to be shown as it stands. */
export class LabError extends Error {
  override readonly name: string = 'LabError';
}

/** The caller asked for something the command line or the topology does not have. */
export class UsageError extends LabError {
  override readonly name = 'UsageError';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
