import { Disk, Host, Pool, Spare, Target } from '../../libs/contract/index.js';
import type { z } from 'zod';
import type { Api } from './api.js';
import { CliError, EXIT } from './errors.js';

export const hostOf = (api: Api, key: string) =>
  api.get(Host, `/v1/hosts/${encodeURIComponent(key)}`);

export const poolOf = (api: Api, key: string) =>
  api.get(Pool, `/v1/pools/${encodeURIComponent(key)}`);

function only<T>(matches: readonly T[], what: string, key: string, label: (item: T) => string): T {
  const [match, ...others] = matches;
  if (match === undefined) {
    throw new CliError(EXIT.failed, `There is no ${what} ${key}. See: dmremap ${what} list`);
  }
  if (others.length > 0) {
    const choices = matches.map((item) => `  ${label(item)}`).join('\n');
    throw new CliError(EXIT.usage, `${key} could be any of these ${what}s:\n${choices}`);
  }
  return match;
}

/** HOST/NAME by id. */
export const targetNames = (targets: readonly z.infer<typeof Target>[]): Map<string, string> =>
  new Map(targets.map(({ id, hostName, name }) => [id, `${hostName}/${name}`]));

/** By id, NAME or HOST/NAME. */
export async function targetOf(api: Api, key: string): Promise<z.infer<typeof Target>> {
  const targets = await api.list(Target, '/v1/targets');
  const matches = targets.filter(
    ({ id, name, hostName }) => key === id || key === name || key === `${hostName}/${name}`,
  );
  return only(matches, 'target', key, ({ hostName, name }) => `${hostName}/${name}`);
}

/** By id, DEVICE or HOST/DEVICE. */
export async function spareOf(api: Api, key: string): Promise<z.infer<typeof Spare>> {
  const spares = await api.list(Spare, '/v1/spares');
  const matches = spares.filter(
    ({ id, deviceId, hostName }) =>
      key === id || key === deviceId || key === `${hostName}/${deviceId}`,
  );
  return only(matches, 'spare', key, ({ hostName, deviceId }) => `${hostName}/${deviceId}`);
}

/** A disk of a host by identity, kernel name or serial number; names are looked up now, once. */
export async function diskOf(api: Api, host: string, key: string): Promise<z.infer<typeof Disk>> {
  const disks = await api.list(Disk, '/v1/disks', { host });
  const name = key.replace(/^\/dev\//, '');
  const matches = disks.filter(
    ({ id, diskId, kernelName, serial }) =>
      key === id || name === kernelName || (key === serial && id === diskId),
  );
  return only(matches, 'disk', key, ({ id, kernelName }) => `${id} (${kernelName})`);
}
