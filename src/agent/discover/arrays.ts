import type { DeviceId, ObservedArray, TargetId } from '../../../libs/contract/index.js';
import { messageOf } from '../base/errors.js';
import type { Log } from '../base/log.js';
import type { RunProgram } from '../base/run-program.js';
import { listNames, readNumber, readText, resolveLink } from './sysfs.js';

export interface ArraySources {
  readonly sys: string;
  readonly run: RunProgram;
  readonly log: Log;
  /** By `major:minor`. */
  readonly targetAt: (devno: string) => TargetId | undefined;
  readonly deviceAt: (devno: string) => DeviceId | undefined;
}

/** The colon form that mdadm prints, from either form. */
const mdUuid = (hex: string): string =>
  hex.replaceAll(/[:-]/g, '').match(/.{8}/g)?.join(':') ?? hex;

/** `mdadm --detail --export`. */
export function uuidInExport(output: string): string | undefined {
  return /^MD_UUID=(\S+)$/m.exec(output)?.[1];
}

async function uuidOf({ run, log }: ArraySources, name: string, md: string) {
  const fromSysfs = await readText(`${md}/uuid`);
  if (fromSysfs !== undefined && fromSysfs !== '') return mdUuid(fromSysfs);
  try {
    const output = await run('mdadm', ['--detail', '--export', `/dev/${name}`]);
    return uuidInExport(output) ?? name;
  } catch (error) {
    log('warn', 'cannot read the UUID of an array', { array: name, reason: messageOf(error) });
    return name;
  }
}

async function readMember(
  { sys, targetAt, deviceAt }: ArraySources,
  member: string,
): Promise<ObservedArray['members'][number]> {
  const block = await resolveLink(`${member}/block`);
  const kernelName = block?.split('/').at(-1) ?? member.replace(/^.*\/dev-/, '');
  const devno = (await readText(`${block ?? `${sys}/class/block/${kernelName}`}/dev`)) ?? '';
  const targetId = targetAt(devno);
  const deviceId = deviceAt(devno);
  return {
    kernelName,
    role: (await readText(`${member}/slot`)) ?? 'none',
    state: (await readText(`${member}/state`)) ?? 'unknown',
    ...(targetId && { targetId }),
    ...(deviceId && { deviceId }),
  };
}

/** All running md arrays with what their members are. */
export async function readArrays(sources: ArraySources): Promise<ObservedArray[]> {
  const { sys } = sources;
  const names = (await listNames(`${sys}/block`)).filter((name) => /^md\w*$/.test(name));
  const arrays = names.map(async (kernelName): Promise<ObservedArray[]> => {
    const md = `${sys}/block/${kernelName}/md`;
    const state = await readText(`${md}/array_state`);
    if (state === undefined || state === 'clear' || state === 'inactive') return [];
    const members = (await listNames(md)).filter((name) => name.startsWith('dev-'));
    return [
      {
        uuid: await uuidOf(sources, kernelName, md),
        kernelName,
        level: (await readText(`${md}/level`)) ?? 'unknown',
        state,
        raidDisks: Number.parseInt((await readText(`${md}/raid_disks`)) ?? '0', 10),
        degraded: (await readNumber(`${md}/degraded`)) ?? 0,
        syncAction: (await readText(`${md}/sync_action`)) ?? 'idle',
        members: await Promise.all(members.map((name) => readMember(sources, `${md}/${name}`))),
      },
    ];
  });
  return (await Promise.all(arrays)).flat();
}
