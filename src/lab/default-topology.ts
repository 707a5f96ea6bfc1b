import type { DiskSpec, HostSpec } from './topology.js';

const seagateNaaPrefix = '5000c500';
const samsungEuiPrefix = '00253850';

const hexByte = (value: number) => value.toString(16).padStart(2, '0');

function systemDisk(host: number): DiskSpec {
  return {
    name: 'system',
    kind: 'virtio',
    sizeMiB: 64,
    serial: `SYS${hexByte(host)}00`.toUpperCase(),
    role: 'system',
  };
}

function scsiDisk(host: number, enclosure: number, slot: number, sizeMiB: number): DiskSpec {
  const place = `${hexByte(host)}${hexByte(enclosure)}${hexByte(slot)}`;
  return {
    name: `e${enclosure}s${slot}`,
    kind: 'scsi',
    sizeMiB,
    serial: `ZLAB${place}`.toUpperCase(),
    wwn: `${seagateNaaPrefix}${place}00`,
    enclosure: `E${enclosure}`,
    slot,
    model: `DMR${sizeMiB}M-E${enclosure}`,
    firmware: 'SN02',
  };
}

function nvmeDisk(host: number, slot: number, sizeMiB: number): DiskSpec {
  const place = `${hexByte(host)}00${hexByte(slot)}`;
  return {
    name: `n${slot}`,
    kind: 'nvme',
    sizeMiB,
    serial: `S4LAB${place}`.toUpperCase(),
    wwn: `${samsungEuiPrefix}${place}01`,
    enclosure: 'M2',
    slot,
  };
}

function shelf(host: number, enclosure: number): DiskSpec[] {
  return [
    scsiDisk(host, enclosure, 1, 96),
    scsiDisk(host, enclosure, 2, 64),
    scsiDisk(host, enclosure, 3, 64),
  ];
}

/** What `ops/lab up` starts when nothing else is asked for. */
export const defaultTopology: readonly HostSpec[] = [
  {
    name: 'h1',
    memoryMiB: 768,
    rack: 'r1',
    power: 'p1',
    disks: [systemDisk(1), ...shelf(1, 1), ...shelf(1, 2), nvmeDisk(1, 1, 64)],
  },
  {
    name: 'h2',
    memoryMiB: 768,
    rack: 'r2',
    power: 'p2',
    disks: [systemDisk(2), ...shelf(2, 1)],
  },
];
