import type { DeviceId, Media, ProtectionType } from '../../../libs/contract/index.js';
import { diskIdentity, serialOfVpdPage80 } from './disk-identity.js';
import { listNames, readBytes, readNumber, readText, resolveLink } from './sysfs.js';

const NOT_DISKS = /^(dm-|md|loop|ram|zram|sr|fd|nbd|nvme\d+c\d+n)/;
const GONE_STATES: ReadonlySet<string> = new Set(['offline', 'transport-offline', 'dead']);

/** A disk as sysfs shows it. */
export interface SysfsDisk {
  readonly id: DeviceId;
  readonly kernelName: string;
  readonly devno: string;
  /** The device's own place below /sys/devices. */
  readonly sysfsPath: string;
  readonly model: string;
  readonly serial: string;
  readonly firmware: string;
  readonly media: Media;
  readonly sizeSectors: number;
  readonly logicalBlockBytes: number;
  readonly physicalBlockBytes: number;
  readonly protectionType: ProtectionType;
  readonly failing: boolean;
  readonly partitions: readonly SysfsPartition[];
}

export interface SysfsPartition {
  readonly kernelName: string;
  readonly devno: string;
  readonly sizeSectors: number;
}

/** A SCSI disk's own format; else the kernel's name for it, such as `T10-DIF-TYPE1-CRC` or `none`. */
async function readProtection(directory: string): Promise<ProtectionType> {
  const [scsi = ''] = await listNames(`${directory}/device/scsi_disk`);
  const type =
    (await readText(`${directory}/device/scsi_disk/${scsi}/protection_type`)) ??
    /DIF-TYPE([123])/.exec((await readText(`${directory}/integrity/format`)) ?? '')?.[1];
  return ([1, 2, 3] as const).find((each) => `${each}` === type) ?? 0;
}

async function readPartitions(directory: string, disk: string): Promise<SysfsPartition[]> {
  const names = (await listNames(directory)).filter((name) => name.startsWith(disk));
  const partitions = names.map(async (kernelName): Promise<SysfsPartition[]> => {
    const path = `${directory}/${kernelName}`;
    if ((await readText(`${path}/partition`)) === undefined) return [];
    const devno = (await readText(`${path}/dev`)) ?? '';
    return [{ kernelName, devno, sizeSectors: (await readNumber(`${path}/size`)) ?? 0 }];
  });
  return (await Promise.all(partitions)).flat();
}

async function readDisk(sys: string, kernelName: string): Promise<SysfsDisk | undefined> {
  const directory = `${sys}/block/${kernelName}`;
  const sizeSectors = (await readNumber(`${directory}/size`)) ?? 0;
  if (sizeSectors === 0) return undefined;
  const nvme = kernelName.startsWith('nvme');
  const text = async (name: string) => (await readText(`${directory}/${name}`)) ?? '';

  const model = await text('device/model');
  const vendor = nvme ? '' : await text('device/vendor');
  const serial =
    serialOfVpdPage80(await readBytes(`${directory}/device/vpd_pg80`)) ||
    (await text('device/serial')) ||
    (await text('serial'));
  const wwid =
    (await readText(`${directory}/wwid`)) ?? (await readText(`${directory}/device/wwid`));
  const virtio = kernelName.startsWith('vd');
  const id = diskIdentity({ wwid, vendor: virtio ? '' : vendor, model, serial });
  if (id === undefined) return undefined;

  const rotational = (await readNumber(`${directory}/queue/rotational`)) === 1;
  return {
    id,
    kernelName,
    devno: await text('dev'),
    sysfsPath: (await resolveLink(directory)) ?? directory,
    model,
    serial,
    firmware: (await text(nvme ? 'device/firmware_rev' : 'device/rev')) || '',
    media: nvme ? 'nvme' : rotational ? 'hdd' : 'ssd',
    sizeSectors,
    logicalBlockBytes: (await readNumber(`${directory}/queue/logical_block_size`)) ?? 512,
    physicalBlockBytes: (await readNumber(`${directory}/queue/physical_block_size`)) ?? 512,
    protectionType: await readProtection(directory),
    failing: GONE_STATES.has(await text('device/state')),
    partitions: await readPartitions(directory, kernelName),
  };
}

/** All disks that tell an identity; of several paths to one disk the first. */
export async function readDisks(sys: string): Promise<SysfsDisk[]> {
  const names = (await listNames(`${sys}/block`)).filter((name) => !NOT_DISKS.test(name));
  const disks = await Promise.all(names.map((name) => readDisk(sys, name)));
  const byId = new Map<DeviceId, SysfsDisk>();
  for (const disk of disks) if (disk && !byId.has(disk.id)) byId.set(disk.id, disk);
  return [...byId.values()];
}
