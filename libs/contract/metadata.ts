import { z } from 'zod';
import { BlockSectors, Generation, LeaseId, Sectors, TargetId } from './primitives.js';

/** `error`: the kernel refuses the lease, or its mapping cannot be trusted. `note`: nothing is wrong. */
export const FindingSeverity = z.enum(['error', 'warning', 'note']);
export type FindingSeverity = z.infer<typeof FindingSeverity>;

/** Stable; docs/cli.md says what each means. */
export const FindingCode = z.enum([
  'device-in-use',
  'no-lease',
  'scan-stopped',
  'unreadable',
  'lease-lost',
  'superblock-lost',
  'superblock-damaged',
  'superblock-unsupported',
  'superblock-sequence',
  'superblock-undefined-bytes',
  'copies-disagree',
  'lease-truncated',
  'length-differs',
  'geometry-impossible',
  'geometry-wasteful',
  'members-wrong',
  'state-contradicts',
  'metadata-failed',
  'page-lost',
  'page-damaged',
  'page-sequence',
  'page-undefined-bytes',
  'entry-out-of-range',
  'entry-valid-mask',
  'entry-partly-valid',
  'entry-superseded',
  'entry-tie',
  'sequence-repeated',
  'lease-twice',
  'target-disagrees',
  'members-disagree',
  'member-missing',
  'member-behind',
  'not-a-member',
]);
export type FindingCode = z.infer<typeof FindingCode>;

export const MetadataFinding = z.object({
  severity: FindingSeverity,
  code: FindingCode,
  device: z.string(),
  /** From the start of the device; null when it is about no single place. */
  offsetBytes: z.int().nonnegative().nullable(),
  leaseId: LeaseId.nullable(),
  targetId: TargetId.nullable(),
  message: z.string(),
});
export type MetadataFinding = z.infer<typeof MetadataFinding>;

export const CheckedLease = z.object({
  device: z.string(),
  offsetSectors: Sectors,
  lengthSectors: Sectors,
  leaseId: LeaseId,
  targetId: TargetId,
  generation: Generation,
  totalBlocks: z.int().nonnegative(),
  usedBlocks: z.int().nonnegative(),
  retiredBlocks: z.int().nonnegative(),
});
export type CheckedLease = z.infer<typeof CheckedLease>;

/** What `dmremap metadata check` found. */
export const MetadataCheck = z.object({
  leases: z.array(CheckedLease),
  findings: z.array(MetadataFinding),
});
export type MetadataCheck = z.infer<typeof MetadataCheck>;

/** A u64 in decimal: such numbers are exact only as text. */
const U64 = z.string().regex(/^\d+$/);

export const DumpedCopy = z.object({
  copy: z.literal([0, 1]),
  offsetBytes: z.int().nonnegative(),
  state: z.enum(['current', 'valid', 'blank', 'invalid', 'unreadable']),
  sequence: U64.nullable(),
  generation: Generation.nullable(),
  /** Why it is not valid. */
  reason: z.string().nullable(),
});
export type DumpedCopy = z.infer<typeof DumpedCopy>;

export const DumpedEntry = z.object({
  leaseBlock: z.int().nonnegative(),
  kind: z.enum(['free', 'retired', 'live']),
  mainBlock: U64.nullable(),
  sequence: U64.nullable(),
  /** Bit s: sector s of the block holds data; in hexadecimal. */
  valid: z
    .string()
    .regex(/^0x[0-9a-f]+$/)
    .nullable(),
  /** First sector of the lease block on the device. */
  sector: Sectors,
});
export type DumpedEntry = z.infer<typeof DumpedEntry>;

export const DumpedLease = z.object({
  device: z.string(),
  offsetSectors: Sectors,
  copies: z.array(DumpedCopy),
  superblock: z
    .object({
      leaseId: LeaseId,
      targetId: TargetId,
      sequence: U64,
      generation: Generation,
      lengthSectors: Sectors,
      dataStartSectors: Sectors,
      totalBlocks: z.int().nonnegative(),
      blockSectors: BlockSectors,
      mainSectors: Sectors,
      metadataFailed: z.boolean(),
      members: z.array(LeaseId),
      label: z.string(),
    })
    .nullable(),
  usedBlocks: z.int().nonnegative(),
  retiredBlocks: z.int().nonnegative(),
  /** Entry pages without a valid slot; their entries are not known. */
  lostPages: z.array(z.int().nonnegative()),
  entries: z.array(DumpedEntry),
  /** The lease block to go on with; null at the end. */
  next: z.int().nonnegative().nullable(),
});
export type DumpedLease = z.infer<typeof DumpedLease>;
