import { mkdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { EnrolledHost } from '../../../libs/contract/index.js';
import { writeFileAtomically } from '../base/atomic-file.js';
import { errorCodeOf, messageOf, PermanentError } from '../base/errors.js';

const Credential = EnrolledHost.extend({ managerUrl: z.url() });
export type Credential = z.infer<typeof Credential>;

const pathIn = (stateDir: string): string => `${stateDir}/credential.json`;

export async function loadCredential(stateDir: string): Promise<Credential | null> {
  const path = pathIn(stateDir);
  try {
    return Credential.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return null;
    throw new PermanentError(`${path}: ${messageOf(error)}; remove it and enrol again`);
  }
}

export async function saveCredential(stateDir: string, credential: Credential): Promise<void> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  await writeFileAtomically(pathIn(stateDir), `${JSON.stringify(credential)}\n`, 0o600);
}

/** Follows the credential on disk, so that a host that is enrolled anew need not be restarted. */
export class StoredCredential {
  constructor(
    private readonly stateDir: string,
    private credential: Credential,
  ) {}

  get current(): string {
    return this.credential.credential;
  }

  readonly reload = async (): Promise<boolean> => {
    const stored = await loadCredential(this.stateDir);
    if (stored === null || stored.credential === this.credential.credential) return false;
    this.credential = stored;
    return true;
  };
}
