import { join } from 'node:path';
import { EnrolmentToken } from '../../../libs/contract/index.js';
import type { LabHost } from '../lab-host.js';
import { quoted } from '../guest-commands.js';
import { repositoryRoot } from '../paths.js';
import type { ManagerApi } from './api.js';

/** The machine's loopback as a guest with user-mode networking reaches it. */
const machineFromGuest = '10.0.2.2';

/** Starts the agent in a guest; enrols it first if the guest holds no credential. Answers its pid. */
export async function startAgent(
  host: LabHost,
  api: ManagerApi,
  managerPort: number,
): Promise<number> {
  const enrolled = (await host.exec('test -s /var/lib/dm-remap/credential.json')).code === 0;
  const environment = {
    DMREMAP_MANAGER_URL: `http://${machineFromGuest}:${managerPort}`,
    ...(enrolled
      ? {}
      : {
          DMREMAP_ENROLMENT_TOKEN: (
            await api.post(EnrolmentToken, '/v1/enrolment-tokens', { ttlSeconds: 3600 })
          ).token,
        }),
  };
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`);
  const program = join(repositoryRoot(), 'dist/bin/dm-remap-daemon.cjs');
  return host.background('agent', `exec env ${variables.join(' ')} node ${quoted(program)} run`);
}

/** The agent's pid in a guest, or nothing when it does not run. */
export async function agentPid(host: LabHost): Promise<number | undefined> {
  const { code, stdout } = await host.exec(`pgrep -of '^node .*dm-remap-daemon'`);
  return code === 0 ? Number(stdout) : undefined;
}
