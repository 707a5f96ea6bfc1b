export interface DmInfo {
  readonly name: string;
  readonly uuid: string;
  /** `major:minor`. */
  readonly devno: string;
  readonly suspended: boolean;
  readonly hasLiveTable: boolean;
  readonly hasInactiveTable: boolean;
  readonly eventNumber: number;
}

/** The columns of `dmsetup info` that `parseInfo` reads, in its order. */
export const INFO_COLUMNS = 'name,uuid,major,minor,suspended,tables_loaded,events';

/** `dmsetup info -c --noheadings --separator TAB -o INFO_COLUMNS`. */
export function parseInfo(output: string): DmInfo[] {
  return output.split('\n').flatMap((line) => {
    const columns = line.split('\t');
    const [name, uuid, major, minor, suspended, tables, events] = columns;
    if (name === undefined || uuid === undefined || columns.length !== 7) return [];
    return [
      {
        name: name.trim(),
        uuid,
        devno: `${major ?? ''}:${minor ?? ''}`,
        suspended: suspended === 'Suspended',
        hasLiveTable: tables === 'Live' || tables === 'Both',
        hasInactiveTable: tables === 'Inactive' || tables === 'Both',
        eventNumber: Number(events),
      },
    ];
  });
}

/** The lines of `dmsetup table` or `status` for all devices, by device name. */
export function parseLinesByName(output: string): Map<string, string[]> {
  const lines = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const [, name, rest] = /^(\S+): (.+)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) continue;
    lines.set(name, [...(lines.get(name) ?? []), rest]);
  }
  return lines;
}
