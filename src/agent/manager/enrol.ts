import { readFile } from 'node:fs/promises';
import { PermanentError } from '../base/errors.js';
import { ManagerClient } from './client.js';
import { saveCredential } from './credential.js';
import type { Credential } from './credential.js';

export interface EnrolRequest {
  readonly managerUrl: string;
  readonly token: string;
  readonly name: string;
  readonly machineId: string | undefined;
  readonly stateDir: string;
}

async function readMachineId(): Promise<string> {
  const id = (await readFile('/etc/machine-id', 'utf8').catch(() => '')).trim();
  if (id.length >= 8) return id;
  throw new PermanentError(
    '/etc/machine-id is empty; run systemd-machine-id-setup or set DMREMAP_MACHINE_ID',
  );
}

/** Trades the one-time token for this host's credential and keeps it. */
export async function enrol(request: EnrolRequest): Promise<Credential> {
  const { managerUrl, token, name, stateDir } = request;
  const machineId = request.machineId ?? (await readMachineId());
  const enrolled = await new ManagerClient(managerUrl).enrol({ token, name, machineId });
  const credential = { ...enrolled, managerUrl };
  await saveCredential(stateDir, credential);
  return credential;
}
