import { afterAll, describe, expect, it } from '@jest/globals';
import { rm, writeFile } from 'node:fs/promises';
import type { TargetId } from '../../../libs/contract/index.js';
import type { RunProgram } from '../base/run-program.js';
import { readArrays, uuidInExport } from './arrays.js';
import { diskIdentity, serialOfVpdPage80 } from './disk-identity.js';
import { fakeSysfs } from './fake-sysfs.js';
import { takeInventory } from './inventory.js';
import { controllerOf } from './topology.js';

const roots: string[] = [];

afterAll(async () => {
  await Promise.all(roots.map((root) => rm(root, { recursive: true })));
});

async function sysfs(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const root = await fakeSysfs(files);
  roots.push(root);
  return root;
}

describe('the identity of a disk', () => {
  const facts = { wwid: undefined, vendor: 'ATA', model: 'WDC WD40', serial: 'WD-1 2' };

  it('is its NAA name, its EUI-64 or its NGUID', () => {
    const of = (wwid: string) => diskIdentity({ ...facts, wwid });
    expect(of('naa.5000C50001010100')).toBe('wwn:5000c50001010100');
    expect(of('naa.60000000000000001111111111111111')).toBe('wwn:60000000000000001111111111111111');
    expect(of('eui.0025385001000101')).toBe('eui:0025385001000101');
  });

  it('is vendor and serial number for a disk that has neither', () => {
    expect(diskIdentity({ ...facts, wwid: 't10.ATA  QEMU' })).toBe('serial:ATA_WD-1_2');
    expect(diskIdentity({ wwid: undefined, vendor: '', model: '', serial: 'SYS0100' })).toBe(
      'serial:SYS0100',
    );
  });

  it('is unknown for a disk that tells nothing, which is then no disk of ours', () => {
    expect(diskIdentity({ ...facts, serial: '' })).toBeUndefined();
  });

  it('has the serial number of the binary page that SCSI disks give', () => {
    expect(serialOfVpdPage80(Buffer.from('0080000a5a4c4142303130313031', 'hex'))).toBe(
      'ZLAB010101',
    );
    expect(serialOfVpdPage80(Buffer.from([0, 0x80]))).toBe('');
  });
});

it('the controller of a disk is the PCI function next to it', () => {
  const path =
    '/sys/devices/pci0000:00/0000:00:01.0/0000:00:10.0/virtio1/host0/target0:0:1/0:0:1:0/block/sda';
  expect(controllerOf(path)).toBe('0000:00:10.0');
});

const DISK = 'devices/pci0000:00/0000:00:10.0/virtio1/host0/target0:0:1/0:0:1:0/block/sda';
const NVME = 'devices/pci0000:00/0000:00:12.0/nvme/nvme0/nvme0n1';

const HOST = {
  'block/sda': `->${DISK}`,
  [`${DISK}/size`]: '196608\n',
  [`${DISK}/dev`]: '8:0\n',
  [`${DISK}/queue/rotational`]: '1\n',
  [`${DISK}/queue/logical_block_size`]: '512\n',
  [`${DISK}/queue/physical_block_size`]: '4096\n',
  [`${DISK}/device/wwid`]: 'naa.5000c50001010100\n',
  [`${DISK}/device/vendor`]: 'SEAGATE \n',
  [`${DISK}/device/model`]: 'DMR96M-E1       \n',
  [`${DISK}/device/rev`]: 'SN02\n',
  [`${DISK}/device/state`]: 'running\n',
  [`${DISK}/device/scsi_disk/0:0:1:0/protection_type`]: '2\n',
  [`${DISK}/device/vpd_pg80`]: Buffer.from('0080000a5a4c4142303130313031', 'hex'),
  [`${DISK}/holders/dm-0`]: '',
  [`${DISK}/sda1/partition`]: '1\n',
  [`${DISK}/sda1/size`]: '2048\n',
  [`${DISK}/sda1/dev`]: '8:1\n',
  'block/nvme0n1': `->${NVME}`,
  [`${NVME}/size`]: '131072\n',
  [`${NVME}/dev`]: '259:0\n',
  [`${NVME}/wwid`]: 'eui.0025385001000101\n',
  [`${NVME}/device/model`]: 'QEMU NVMe Ctrl\n',
  [`${NVME}/device/serial`]: 'S4LAB010001\n',
  [`${NVME}/device/firmware_rev`]: '7.2.22\n',
  [`${NVME}/device/state`]: 'dead\n',
  [`${NVME}/integrity/format`]: 'T10-DIF-TYPE1-CRC\n',
  'block/dm-0/size': '196608\n',
  'block/dm-0/dm/uuid': 'DMREMAP-bbbbbbbb-0000-4000-8000-000000000001\n',
  'block/loop0/size': '8\n',
};

const GUID = '0FC63DAF-8483-4772-8E79-3D69D8477DE4';

const lsblk: RunProgram = (_, args) => {
  expect(args.slice(-3)).toEqual(['/dev/nvme0n1', '/dev/sda', '/dev/sda1']);
  const device = (kname: string, more: object = {}) => ({
    kname,
    type: 'disk',
    fstype: null,
    mountpoints: [null],
    partuuid: null,
    ...more,
  });
  const blockdevices = [
    device('sda', { fstype: 'linux_raid_member' }),
    device('sda1', { partuuid: GUID, mountpoints: ['/srv'] }),
    device('nvme0n1', { fstype: 'ext4' }),
  ];
  return Promise.resolve(JSON.stringify({ blockdevices }));
};

describe('the inventory', () => {
  it('has disks and partitions with identity, place, users and health', async () => {
    const sys = await sysfs(HOST);
    const topologyPath = `${sys}/topology.json`;
    await writeFile(
      topologyPath,
      JSON.stringify({
        rack: 'r1',
        disks: [{ id: 'wwn:5000c50001010100', enclosure: 'E1', slot: 1 }],
      }),
    );
    const inventory = await takeInventory({ sys, topologyPath, run: lsblk });
    const disks = [...inventory.values()].map(({ observed }) => observed);
    expect(disks).toEqual([
      expect.objectContaining({
        id: 'eui:0025385001000101',
        media: 'nvme',
        serial: 'S4LAB010001',
        firmware: '7.2.22',
        protectionType: 1,
        domains: { controller: '0000:00:12.0', rack: 'r1' },
        health: 'failing',
        usedBy: ['filesystem'],
      }),
      expect.objectContaining({
        id: 'wwn:5000c50001010100',
        kernelName: 'sda',
        diskId: 'wwn:5000c50001010100',
        model: 'DMR96M-E1',
        serial: 'ZLAB010101',
        firmware: 'SN02',
        media: 'hdd',
        sizeSectors: 196_608,
        physicalBlockBytes: 4096,
        protectionType: 2,
        domains: { controller: '0000:00:10.0', rack: 'r1', enclosure: 'E1', slot: 1 },
        health: 'ok',
        usedBy: ['dm-remap', 'partitions'],
      }),
      expect.objectContaining({
        id: `part:${GUID.toLowerCase()}`,
        kernelName: 'sda1',
        diskId: 'wwn:5000c50001010100',
        sizeSectors: 2048,
        usedBy: ['mounted'],
      }),
    ]);
  });

  it('refuses a topology file that it does not understand', async () => {
    const sys = await sysfs(HOST);
    const topologyPath = `${sys}/topology.json`;
    await writeFile(topologyPath, '{"disks":[{"id":"sda"}]}');
    await expect(takeInventory({ sys, topologyPath, run: lsblk })).rejects.toThrow(
      /topology\.json/,
    );
  });
});

describe('the arrays of a host', () => {
  const md = 'block/md0/md';

  it('have level, state and members as targets or devices', async () => {
    const sys = await sysfs({
      [`${md}/array_state`]: 'clean\n',
      [`${md}/level`]: 'raid1\n',
      [`${md}/raid_disks`]: '2\n',
      [`${md}/degraded`]: '0\n',
      [`${md}/sync_action`]: 'idle\n',
      [`${md}/uuid`]: 'c1f4a1b2-0000-1111-2222-333344445555\n',
      [`${md}/dev-dm-0/block`]: '->block/dm-0',
      [`${md}/dev-dm-0/slot`]: '0\n',
      [`${md}/dev-dm-0/state`]: 'in_sync\n',
      [`${md}/dev-sdb/block`]: '->block/sdb',
      [`${md}/dev-sdb/slot`]: '1\n',
      [`${md}/dev-sdb/state`]: 'in_sync\n',
      'block/dm-0/dev': '253:0\n',
      'block/sdb/dev': '8:16\n',
      'block/md127/md/array_state': 'inactive\n',
    });
    const arrays = await readArrays({
      sys,
      run: () => Promise.resolve(''),
      log: () => undefined,
      targetAt: (devno) => (devno === '253:0' ? ('target' as TargetId) : undefined),
      deviceAt: () => undefined,
    });
    expect(arrays).toEqual([
      {
        uuid: 'c1f4a1b2:00001111:22223333:44445555',
        kernelName: 'md0',
        level: 'raid1',
        state: 'clean',
        raidDisks: 2,
        degraded: 0,
        syncAction: 'idle',
        members: [
          { kernelName: 'dm-0', role: '0', state: 'in_sync', targetId: 'target' },
          { kernelName: 'sdb', role: '1', state: 'in_sync' },
        ],
      },
    ]);
  });

  it('are named by mdadm where sysfs does not name them', () => {
    const output = 'MD_LEVEL=raid1\nMD_DEVICES=2\nMD_UUID=c1f4a1b2:00001111:22223333:44445555\n';
    expect(uuidInExport(output)).toBe('c1f4a1b2:00001111:22223333:44445555');
  });
});
