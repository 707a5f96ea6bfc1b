import type { DiskSpec, HostSpec } from './topology.js';

export interface Controller {
  readonly id: string;
  readonly kind: 'scsi' | 'nvme';
  readonly slot: number;
}

const firstSlot = 0x10;

function controllerId(disk: DiskSpec): string {
  return disk.kind === 'nvme' ? `nvme-${disk.name}` : `scsi-${disk.enclosure ?? 'none'}`;
}

/** One SCSI controller per enclosure, one NVMe controller per NVMe disk, at addresses that never change. */
export function controllersOf(host: HostSpec): Map<DiskSpec, Controller> {
  const byId = new Map<string, Controller>();
  const byDisk = new Map<DiskSpec, Controller>();
  for (const disk of host.disks) {
    if (disk.kind === 'virtio') continue;
    const id = controllerId(disk);
    const known = byId.get(id) ?? { id, kind: disk.kind, slot: firstSlot + byId.size };
    byId.set(id, known);
    byDisk.set(disk, known);
  }
  return byDisk;
}

/** The address the guest sees in /sys/bus/pci/devices. */
export function pciAddress(controller: Controller): string {
  return `0000:00:${controller.slot.toString(16).padStart(2, '0')}.0`;
}
