import { controllersOf, pciAddress } from './pci-layout.js';
import type { DiskSpec, HostSpec } from './topology.js';

/** How dm-remap names a disk everywhere: `wwn:<16 hex>` for SCSI, `eui:<16 hex>` for NVMe. */
export function diskId(disk: DiskSpec): string {
  if (!disk.wwn) return `serial:${disk.serial}`;
  return `${disk.kind === 'nvme' ? 'eui' : 'wwn'}:${disk.wwn}`;
}

/** The content of /etc/dm-remap/topology.json in the guest: where each data disk sits. */
export function guestTopology(host: HostSpec): unknown {
  const controllers = controllersOf(host);
  const disks = host.disks
    .filter((disk) => disk.role !== 'system')
    .map((disk) => {
      const controller = controllers.get(disk);
      return {
        id: diskId(disk),
        enclosure: disk.enclosure,
        slot: disk.slot,
        controller: controller && pciAddress(controller),
      };
    });
  return { rack: host.rack ?? 'r1', power: host.power ?? 'p1', disks };
}
