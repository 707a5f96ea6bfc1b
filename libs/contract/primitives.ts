import { z } from 'zod';

/** One 512-byte unit, the kernel's sector, whatever the device's logical block size is. */
export const SECTOR_BYTES = 512;

export const Uuid = z.uuid();

/**
 * A disk or partition by an identity that survives reboots and re-cabling, never by `sdX`:
 * `wwn:<16 or 32 hex>` (NAA), `eui:<16 or 32 hex>` (NVMe EUI-64 or NGUID), `serial:<vendor>_<serial>`
 * for a disk that has neither, `part:<guid>` for a GPT partition.
 */
export const DeviceId = z
  .string()
  .regex(
    /^(wwn|eui|serial|part):[A-Za-z0-9._+-]+$/,
    'must be wwn:…, eui:…, serial:… or part:… as `dmremap disk list` shows it',
  )
  .max(128)
  .brand<'DeviceId'>();
export type DeviceId = z.infer<typeof DeviceId>;

export const HostId = Uuid.brand<'HostId'>();
export type HostId = z.infer<typeof HostId>;
export const PoolId = Uuid.brand<'PoolId'>();
export type PoolId = z.infer<typeof PoolId>;
export const SpareId = Uuid.brand<'SpareId'>();
export type SpareId = z.infer<typeof SpareId>;
export const LeaseId = Uuid.brand<'LeaseId'>();
export type LeaseId = z.infer<typeof LeaseId>;
export const TargetId = Uuid.brand<'TargetId'>();
export type TargetId = z.infer<typeof TargetId>;
export const NeedId = Uuid.brand<'NeedId'>();
export type NeedId = z.infer<typeof NeedId>;

/** A count or an offset of 512-byte sectors. */
export const Sectors = z.int().nonnegative().brand<'Sectors'>();
export type Sectors = z.infer<typeof Sectors>;

/** A number that only grows; a higher one fences out a lower one. */
export const Generation = z.int().nonnegative().brand<'Generation'>();
export type Generation = z.infer<typeof Generation>;

/** Grows with each change by people; the ETag of what carries it. */
export const Version = z.int().nonnegative();

/** A block of the remap target in sectors: a power of two, 4 KiB to 32 KiB. */
export const BlockSectors = z.literal([8, 16, 32, 64]);
export type BlockSectors = z.infer<typeof BlockSectors>;

/** A name of a person's choosing: a device-mapper name, a pool, a host. */
export const Name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'must be 1 to 63 letters, digits, dots, dashes or underscores and start with a letter or digit',
  );

export const Timestamp = z.iso.datetime({ offset: true });

/** Kubernetes-style: what is so, why in one word, and since when. */
export const Condition = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().regex(/^[A-Z][A-Za-z0-9]*$/),
  message: z.string(),
  lastTransitionTime: Timestamp,
});
export type Condition = z.infer<typeof Condition>;
