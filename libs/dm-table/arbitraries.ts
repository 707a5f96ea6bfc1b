import fc from 'fast-check';
import type {
  BlockSectors,
  Generation,
  LeaseHealth,
  LeaseId,
  Sectors,
  TargetId,
} from '../contract/index.js';
import type { Entry, EntryPage } from './entry-page.js';
import { ENTRIES_PER_PAGE } from './geometry.js';
import { TARGET_MODES } from './status-line.js';
import type { JobStatus, LeaseStatus, RemapStatus, ScrubStatus } from './status-line.js';
import type { Superblock } from './superblock.js';
import type { RemapTable, TableLease } from './table-line.js';

export const sectors = fc.nat().map((value) => value as Sectors);
export const generations = fc.maxSafeNat().map((value) => value as Generation);
export const leaseIds = fc.uuid().map((uuid) => uuid as LeaseId);
export const targetIds = fc.uuid().map((uuid) => uuid as TargetId);
export const blockSizes = fc.constantFrom<BlockSectors>(8, 16, 32, 64);
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const devices = fc.tuple(fc.nat(4095), fc.nat(1_048_575)).map(([a, b]) => `${a}:${b}`);

export const superblocks: fc.Arbitrary<Superblock> = fc.record({
  sequence: u64,
  generation: generations,
  targetId: targetIds,
  leaseId: leaseIds,
  lengthSectors: sectors,
  dataStartSectors: sectors,
  nrBlocks: fc.maxSafeNat(),
  mainSectors: sectors,
  blockSectors: blockSizes,
  metadataFailed: fc.boolean(),
  members: fc.array(leaseIds, { maxLength: 128 }),
  label: fc.string({ unit: 'grapheme-ascii', maxLength: 512 }),
});

const entries: fc.Arbitrary<Entry> = fc.oneof(
  fc.constant<Entry>({ kind: 'free' }),
  fc.constant<Entry>({ kind: 'retired' }),
  fc.record({
    kind: fc.constant('remap' as const),
    mainBlock: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_fffdn }),
    sequence: u64,
    valid: u64,
  }),
);

export const entryPages: fc.Arbitrary<EntryPage> = fc.record({
  page: fc.nat(0xffff_ffff),
  sequence: u64,
  leaseId: leaseIds,
  entries: fc.array(entries, { minLength: ENTRIES_PER_PAGE, maxLength: ENTRIES_PER_PAGE }),
});

const tableLeases: fc.Arbitrary<TableLease> = fc.record({
  device: devices,
  offsetSectors: sectors,
  lengthSectors: sectors,
});

export const tables: fc.Arbitrary<RemapTable> = fc.record({
  startSectors: sectors,
  lengthSectors: sectors,
  mainDevice: devices,
  mainOffsetSectors: sectors,
  blockSectors: blockSizes,
  targetId: targetIds,
  generation: generations,
  leases: fc.array(tableLeases, { maxLength: 8 }),
  optionalArgs: fc.constantFrom(null, [], ['read_retries', '3']),
});

const leaseStatuses: fc.Arbitrary<LeaseStatus> = fc.record({
  leaseId: leaseIds,
  device: devices,
  offsetSectors: sectors,
  usedBlocks: fc.nat(),
  totalBlocks: fc.nat(),
  retiredBlocks: fc.nat(),
  errors: fc.nat(),
  state: fc.constantFrom<LeaseHealth>('ok', 'full', 'failed'),
});

const jobs: fc.Arbitrary<JobStatus> = fc.record({
  kind: fc.constantFrom('release', 'evacuate', 'migrate'),
  state: fc.constantFrom('running', 'done', 'cancelled'),
  doneBlocks: fc.nat(),
  totalBlocks: fc.nat(),
  failedBlocks: fc.nat(),
});

const scrubs: fc.Arbitrary<ScrubStatus> = fc.record({
  state: fc.constantFrom('running', 'paused', 'done', 'stopped'),
  doneSegments: fc.nat(),
  totalSegments: fc.nat(),
  foundBlocks: fc.nat(),
});

export const statuses: fc.Arbitrary<RemapStatus> = fc.record({
  mode: fc.constantFrom(...TARGET_MODES),
  generation: generations,
  blockSectors: blockSizes,
  usedBlocks: fc.nat(),
  totalBlocks: fc.nat(),
  pendingBlocks: fc.nat(),
  readErrors: fc.nat(),
  writeErrors: fc.nat(),
  remaps: fc.nat(),
  remapFailures: fc.nat(),
  metadataErrors: fc.nat(),
  leases: fc.array(leaseStatuses, { maxLength: 8 }),
  job: fc.option(jobs),
  scrub: fc.option(scrubs),
});
