import type { DiskSpec, HostSpec } from '../../../src/lab/topology.js';

const scsi = (name: string, slot: number, sizeMiB: number): DiskSpec => ({
  name,
  kind: 'scsi',
  sizeMiB,
  serial: `KERNEL${slot}`,
  wwn: `5000c50000aa0${slot}00`,
  enclosure: 'E1',
  slot,
});

/** One host with a main disk and three spares, one of them NVMe. */
export const kernelTopology: readonly HostSpec[] = [
  {
    name: 'k1',
    memoryMiB: 768,
    disks: [
      { name: 'system', kind: 'virtio', sizeMiB: 32, serial: 'KSYS', role: 'system' },
      scsi('main', 1, 32),
      scsi('s1', 2, 32),
      scsi('s2', 3, 32),
      { name: 'n1', kind: 'nvme', sizeMiB: 32, serial: 'KNVME', wwn: '00253850000a0101' },
    ],
  },
];
