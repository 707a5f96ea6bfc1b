import type { DeviceId, ObservedDisk, Sectors } from '../../../libs/contract/index.js';
import type { RunProgram } from '../base/run-program.js';
import { readDisks } from './block-devices.js';
import type { SysfsDisk, SysfsPartition } from './block-devices.js';
import { runLsblk } from './lsblk.js';
import type { LsblkDevice } from './lsblk.js';
import { controllerOf, domainsOf, readEnclosures, readTopology } from './topology.js';
import { usageOf } from './usage.js';

export interface InventorySources {
  readonly sys: string;
  readonly topologyPath: string;
  readonly run: RunProgram;
}

/** A disk or partition as it is reported, but for its measurements, and where to reach it right now. */
export interface BlockDevice {
  readonly observed: Omit<ObservedDisk, 'measured'>;
  readonly devno: string;
  readonly node: string;
}

export type Inventory = ReadonlyMap<DeviceId, BlockDevice>;

interface Context extends InventorySources {
  readonly lsblk: ReadonlyMap<string, LsblkDevice>;
}

async function describeDisk(
  context: Context,
  disk: SysfsDisk,
  domains: ObservedDisk['domains'],
): Promise<BlockDevice> {
  const lsblk = context.lsblk.get(disk.kernelName);
  const hasPartitions = disk.partitions.length > 0;
  const directory = `${context.sys}/block/${disk.kernelName}`;
  return {
    devno: disk.devno,
    node: `/dev/${disk.kernelName}`,
    observed: {
      id: disk.id,
      kernelName: disk.kernelName,
      diskId: disk.id,
      model: disk.model,
      serial: disk.serial,
      firmware: disk.firmware,
      media: disk.media,
      sizeSectors: disk.sizeSectors as Sectors,
      logicalBlockBytes: disk.logicalBlockBytes,
      physicalBlockBytes: disk.physicalBlockBytes,
      protectionType: disk.protectionType,
      domains,
      health: disk.failing ? 'failing' : 'ok',
      usedBy: await usageOf(context.sys, directory, { lsblk, hasPartitions }),
    },
  };
}

async function describePartition(
  context: Context,
  whole: BlockDevice,
  partition: SysfsPartition,
): Promise<BlockDevice[]> {
  const lsblk = context.lsblk.get(partition.kernelName);
  const guid = lsblk?.partuuid?.toLowerCase() ?? '';
  if (guid === '') return [];
  const directory = `${context.sys}/block/${whole.observed.kernelName}/${partition.kernelName}`;
  return [
    {
      devno: partition.devno,
      node: `/dev/${partition.kernelName}`,
      observed: {
        ...whole.observed,
        id: `part:${guid}` as DeviceId,
        kernelName: partition.kernelName,
        sizeSectors: partition.sizeSectors as Sectors,
        usedBy: await usageOf(context.sys, directory, { lsblk, hasPartitions: false }),
      },
    },
  ];
}

/** All disks and partitions of this host, by the identity that lasts. */
export async function takeInventory(sources: InventorySources): Promise<Inventory> {
  const disks = await readDisks(sources.sys);
  const names = disks.flatMap(({ kernelName, partitions }) => [
    kernelName,
    ...partitions.map((partition) => partition.kernelName),
  ]);
  const [lsblk, topology, enclosures] = await Promise.all([
    runLsblk(sources.run, names),
    readTopology(sources.topologyPath),
    readEnclosures(sources.sys),
  ]);
  const context = { ...sources, lsblk };
  const devices = await Promise.all(
    disks.map(async (disk) => {
      const controller = controllerOf(disk.sysfsPath);
      const place = enclosures.get(disk.sysfsPath.replace(/\/block\/[^/]+$/, ''));
      const hardware = { ...(controller && { controller }), ...place };
      const whole = await describeDisk(context, disk, domainsOf(topology, disk.id, hardware));
      const partitions = await Promise.all(
        disk.partitions.map((partition) => describePartition(context, whole, partition)),
      );
      return [whole, ...partitions.flat()];
    }),
  );
  return new Map(devices.flat().map((device) => [device.observed.id, device]));
}
