import type { DesiredLease, DeviceId, Sectors } from '../../../libs/contract/index.js';
import { parseTable, renderTable } from '../../../libs/dm-table/index.js';
import type { RemapTable } from '../../../libs/dm-table/index.js';
import { messageOf } from '../base/errors.js';
import type { Locate, Location } from '../discover/locate.js';
import { probeSuperblock } from '../lease/lease-device.js';
import type { Extent } from '../lease/lease-device.js';
import { leaseLabel, Refused } from './steps.js';
import type { TablePlan } from './steps.js';

export async function findDevice(locate: Locate, id: DeviceId, what: string): Promise<Location> {
  const location = await locate(id);
  if (location === undefined) {
    throw new Refused('LeaseDeviceMissing', `${what}: device ${id} is not here any more`);
  }
  return location;
}

/** Names are looked up now; what the device says of itself has to agree. */
async function checkSuperblock(plan: TablePlan, lease: DesiredLease, extent: Extent) {
  const read = await probeSuperblock(extent).catch((error: unknown) => ({
    ok: false as const,
    message: messageOf(error),
  }));
  if (!read.ok) throw new Refused('LeaseUnreadable', `${leaseLabel(lease)}: ${read.message}`);
  const { leaseId, targetId } = read.value;
  if (leaseId !== lease.leaseId || targetId !== plan.target.targetId) {
    throw new Refused(
      'LeaseOccupied',
      `${leaseLabel(lease)}: lease ${leaseId} of target ${targetId} lives there`,
    );
  }
}

/** The table line for what is planned; `running` is the table it replaces. */
export async function buildTable(
  plan: TablePlan,
  locate: Locate,
  running: RemapTable | null,
): Promise<string> {
  const { target, generation } = plan;
  const main = await findDevice(locate, target.mainDeviceId, `main device of ${target.name}`);
  const leases = [];
  for (const lease of plan.leases) {
    const { devno, node } = await findDevice(locate, lease.deviceId, leaseLabel(lease));
    const { offsetSectors, lengthSectors } = lease;
    const runs = running?.leases.some(
      (held) => held.device === devno && held.offsetSectors === offsetSectors,
    );
    if (runs !== true) await checkSuperblock(plan, lease, { node, offsetSectors, lengthSectors });
    leases.push({ device: devno, offsetSectors, lengthSectors });
  }
  return renderTable({
    startSectors: 0 as Sectors,
    lengthSectors: target.lengthSectors,
    mainDevice: main.devno,
    mainOffsetSectors: target.mainOffsetSectors,
    blockSectors: target.blockSectors,
    targetId: target.targetId,
    generation,
    leases,
    optionalArgs: null,
  });
}

export function parseRunning(line: string): RemapTable | null {
  const parsed = parseTable(line);
  return parsed.ok ? parsed.value : null;
}
