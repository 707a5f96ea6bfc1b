import { z } from 'zod';

const diskSchema = z.object({
  /** Short name used on the command line, unique in the host. */
  name: z.string().regex(/^[a-z][a-z0-9]{0,15}$/),
  kind: z.enum(['scsi', 'nvme', 'virtio']),
  sizeMiB: z.number().int().positive(),
  serial: z.string(),
  /** 16 hex digits: the NAA WWN of a SCSI disk, the EUI-64 of an NVMe namespace. */
  wwn: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  /** Disks of one enclosure share a controller. */
  enclosure: z.string().optional(),
  /** Unique in the enclosure; the SCSI target number too. */
  slot: z.number().int().optional(),
  model: z.string().max(16).optional(),
  firmware: z.string().max(4).optional(),
  logicalBlockBytes: z.union([z.literal(512), z.literal(4096)]).optional(),
  /** The system disk holds /var/lib/dm-remap; it is the host's one virtio disk. */
  role: z.enum(['data', 'system']).optional(),
});

const hostSchema = z.object({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  memoryMiB: z.number().int().positive(),
  /**
   * What the guest's clock follows. With `instructions` it has one CPU and every instruction takes one
   * nanosecond, so that times in it are the same on any machine; idle time passes at once.
   */
  clock: z.enum(['machine', 'instructions']).optional(),
  rack: z.string().optional(),
  power: z.string().optional(),
  disks: z.array(diskSchema),
});

export type DiskSpec = Readonly<z.infer<typeof diskSchema>>;
export type HostSpec = Readonly<z.infer<typeof hostSchema>>;

export function parseTopology(json: string): HostSpec[] {
  return z.array(hostSchema).parse(JSON.parse(json));
}

/** Sectors of 512 bytes, whatever the disk's own block size. */
export function sectorsOn(disk: DiskSpec): number {
  return disk.sizeMiB * 2048;
}
