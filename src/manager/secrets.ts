import { hash, randomBytes } from 'node:crypto';

/** The prefix tells what a token is for, and secret scanners what they found. */
export type SecretPrefix = 'dmo' | 'dmh' | 'dme';

export const newSecret = (prefix: SecretPrefix): string =>
  `${prefix}_${randomBytes(32).toString('base64url')}`;

/** Secrets are 256 random bits, so a plain hash keeps them as well as a slow one would. */
export const hashSecret = (secret: string): Buffer => hash('sha256', secret, 'buffer');
