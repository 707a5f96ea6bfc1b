import type { HostSpec } from '../../../src/lab/topology.js';

export const selftestTopology: HostSpec[] = [
  {
    name: 't1',
    memoryMiB: 512,
    disks: [
      { name: 'system', kind: 'virtio', sizeMiB: 64, serial: 'SYST1', role: 'system' },
      {
        name: 'a1',
        kind: 'scsi',
        sizeMiB: 32,
        serial: 'ZSELF0A1',
        wwn: '5000c500feed0a10',
        enclosure: 'A',
        slot: 1,
      },
      {
        name: 'b1',
        kind: 'scsi',
        sizeMiB: 32,
        serial: 'ZSELF0B1',
        wwn: '5000c500feed0b10',
        enclosure: 'B',
        slot: 1,
        logicalBlockBytes: 4096,
      },
      { name: 'n1', kind: 'nvme', sizeMiB: 32, serial: 'S4SELFN1', wwn: '00253850feed0001' },
    ],
  },
];
