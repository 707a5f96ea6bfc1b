import { diskId } from './guest-topology.js';
import type { Lab } from './lab.js';
import type { LabHost } from './lab-host.js';
import type { SectorRange } from './sector-ranges.js';
import type { DiskSpec } from './topology.js';

const shown = (ranges: readonly SectorRange[]) =>
  ranges.map(({ start, count }) => `${start}+${count}`).join(',');

async function diskLine(host: LabHost, disk: DiskSpec): Promise<string> {
  const { reads, writes } = await host.breakage(disk.name);
  const place = disk.enclosure ? `${disk.enclosure} slot ${disk.slot ?? '?'}` : '-';
  const damage = [
    reads.length > 0 ? `reads fail: ${shown(reads)}` : '',
    writes.length > 0 ? `writes fail: ${shown(writes)}` : '',
  ]
    .filter(Boolean)
    .join('; ');
  const columns = [
    disk.name.padEnd(8),
    disk.kind.padEnd(7),
    `${disk.sizeMiB} MiB`.padEnd(8),
    place.padEnd(11),
    diskId(disk).padEnd(21),
    disk.serial.padEnd(13),
    damage,
  ];
  return `  ${columns.join(' ')}`.trimEnd();
}

async function hostLines(host: LabHost): Promise<string[]> {
  const pid = await host.pid();
  const state = pid === undefined ? 'off' : `running (process ${pid})`;
  const disks = await Promise.all(host.spec.disks.map((disk) => diskLine(host, disk)));
  return [`${host.name}  ${host.spec.memoryMiB} MiB  ${state}`, ...disks];
}

/** What `ops/lab ls` prints. */
export async function listing(lab: Lab): Promise<string> {
  return (await Promise.all(lab.hosts.map(hostLines))).flat().join('\n');
}
