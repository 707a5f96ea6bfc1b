import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { DeviceId, FailureDomains } from '../../../libs/contract/index.js';
import { DeviceId as DeviceIdSchema } from '../../../libs/contract/index.js';
import { errorCodeOf, messageOf, PermanentError } from '../base/errors.js';
import { listNames, readNumber, readText, resolveLink } from './sysfs.js';

const Topology = z.object({
  rack: z.string().optional(),
  power: z.string().optional(),
  disks: z
    .array(
      z.object({
        id: DeviceIdSchema,
        enclosure: z.string().optional(),
        slot: z.int().optional(),
        controller: z.string().optional(),
        power: z.string().optional(),
      }),
    )
    .default([]),
});
export type Topology = z.infer<typeof Topology>;

/** What an administrator says about where disks sit; it goes before what the hardware says. */
export async function readTopology(path: string): Promise<Topology> {
  try {
    return Topology.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return { disks: [] };
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new PermanentError(`${path}: ${reason}`);
  }
}

/** Enclosure and slot of each disk's sysfs device, as SCSI enclosure services give them. */
export async function readEnclosures(sys: string): Promise<Map<string, FailureDomains>> {
  const places = new Map<string, FailureDomains>();
  const root = `${sys}/class/enclosure`;
  for (const enclosure of await listNames(root)) {
    const id = (await readText(`${root}/${enclosure}/id`)) ?? enclosure;
    for (const component of await listNames(`${root}/${enclosure}`)) {
      const device = await resolveLink(`${root}/${enclosure}/${component}/device`);
      if (device === undefined || component === 'device') continue;
      const slot = await readNumber(`${root}/${enclosure}/${component}/slot`);
      places.set(device, { enclosure: id, ...(slot !== undefined && { slot }) });
    }
  }
  return places;
}

/** The PCI function closest to the disk. */
export function controllerOf(sysfsPath: string): string | undefined {
  return sysfsPath.match(/[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f](?=\/)/g)?.at(-1);
}

export function domainsOf(
  topology: Topology,
  id: DeviceId,
  hardware: FailureDomains,
): FailureDomains {
  const { rack, power, disks } = topology;
  const {
    enclosure,
    slot,
    controller,
    power: ownPower,
  } = disks.find((disk) => disk.id === id) ?? {};
  const stated = { rack, enclosure, slot, controller, power: ownPower ?? power };
  const present = Object.entries(stated).filter(([, value]) => value !== undefined);
  return { ...hardware, ...(Object.fromEntries(present) as FailureDomains) };
}
