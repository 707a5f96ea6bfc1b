import { UsageError } from './errors.js';
import { controllersOf } from './pci-layout.js';
import { Qmp } from './qmp.js';
import type { DiskSpec, HostSpec } from './topology.js';

/** The bit of NVMe's critical warnings that says that the device is no longer reliable. */
const UNRELIABLE = 1 << 2;

/** Lets the health log of an NVMe disk of a running guest say that it will fail; the disk works on. */
export async function predictFailure(host: HostSpec, disk: DiskSpec, qmp: string): Promise<void> {
  const controller = controllersOf(host).get(disk);
  if (controller?.kind !== 'nvme') {
    throw new UsageError(`${disk.name} is no NVMe disk: QEMU's others have no health log.`);
  }
  await Qmp.with(qmp, (monitor) =>
    monitor.execute('qom-set', {
      path: `/machine/peripheral/${controller.id}`,
      property: 'smart_critical_warning',
      value: UNRELIABLE,
    }),
  );
}
