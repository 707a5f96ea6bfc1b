export type Code =
  | 'bad-syntax'
  | 'bad-value'
  | 'bad-magic'
  | 'bad-crc'
  | 'bad-version'
  | 'value-too-large'
  | 'wrong-lease'
  | 'wrong-page'
  | 'wrong-slot'
  | 'lease-too-small'
  | 'lease-misaligned'
  | 'unreadable'
  | 'no-valid-copy'
  | 'no-valid-slot'
  | 'members-disagree';

export interface Failure {
  readonly ok: false;
  readonly code: Code;
  readonly message: string;
}

export interface Success<T> {
  readonly ok: true;
  readonly value: T;
}

export type Result<T> = Success<T> | Failure;

export const success = <T>(value: T): Success<T> => ({ ok: true, value });

export const failure = (code: Code, message: string): Failure => ({ ok: false, code, message });
