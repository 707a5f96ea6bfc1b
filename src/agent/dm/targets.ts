import type { TargetId } from '../../../libs/contract/index.js';
import { parseStatus, parseTable } from '../../../libs/dm-table/index.js';
import type { RemapStatus, RemapTable } from '../../../libs/dm-table/index.js';
import type { Dmsetup } from './dmsetup.js';
import type { DmInfo } from './parse.js';

const UUID_PREFIX = 'DMREMAP-';

export const dmUuidOf = (targetId: TargetId): string => `${UUID_PREFIX}${targetId}`;

export const isOwnDmUuid = (dmUuid: string): boolean => dmUuid.startsWith(UUID_PREFIX);

/** A mapped device that the agent made, as the kernel has it now. */
export interface RunningTarget {
  readonly targetId: TargetId;
  readonly name: string;
  readonly devno: string;
  readonly suspended: boolean;
  readonly eventNumber: number;
  /** Null before a first table is in, or when the live one cannot be understood. */
  readonly table: RemapTable | null;
  readonly hasLiveTable: boolean;
  /** `null` when there is none, or none that can be understood; see `hasInactiveTable`. */
  readonly inactive: RemapTable | null;
  readonly hasInactiveTable: boolean;
}

function tableOf(line: string | undefined): RemapTable | null {
  if (line === undefined) return null;
  const parsed = parseTable(line);
  return parsed.ok ? parsed.value : null;
}

async function readTarget(
  dmsetup: Dmsetup,
  info: DmInfo,
  lines: readonly string[] | undefined,
): Promise<RunningTarget> {
  return {
    targetId: info.uuid.slice(UUID_PREFIX.length) as TargetId,
    name: info.name,
    devno: info.devno,
    suspended: info.suspended,
    eventNumber: info.eventNumber,
    table: lines?.length === 1 ? tableOf(lines[0]) : null,
    hasLiveTable: info.hasLiveTable,
    inactive: info.hasInactiveTable ? tableOf(await dmsetup.inactiveTable(info.name)) : null,
    hasInactiveTable: info.hasInactiveTable,
  };
}

export async function readTargets(dmsetup: Dmsetup): Promise<RunningTarget[]> {
  const own = (await dmsetup.info()).filter(({ uuid }) => isOwnDmUuid(uuid));
  if (own.length === 0) return [];
  const tables = await dmsetup.tables();
  return Promise.all(own.map((info) => readTarget(dmsetup, info, tables.get(info.name))));
}

/** By device name; a device whose status cannot be understood is left out. */
export async function readStatuses(dmsetup: Dmsetup): Promise<Map<string, RemapStatus>> {
  const statuses = new Map<string, RemapStatus>();
  for (const [name, lines] of await dmsetup.statuses()) {
    const words = /^\d+ \d+ remap (.*)$/.exec(lines[0] ?? '')?.[1];
    const parsed = words === undefined ? undefined : parseStatus(words);
    if (parsed?.ok === true && lines.length === 1) statuses.set(name, parsed.value);
  }
  return statuses;
}
