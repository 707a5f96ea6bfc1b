import type { BlockSectors, Generation, LeaseHealth, LeaseId, Sectors } from '../contract/index.js';
import { MAX_MEMBERS } from './geometry.js';
import type { Result } from './result.js';
import { UUID, Words } from './words.js';

export interface LeaseStatus {
  readonly leaseId: LeaseId;
  /** `major:minor`. */
  readonly device: string;
  readonly offsetSectors: Sectors;
  readonly usedBlocks: number;
  readonly totalBlocks: number;
  readonly retiredBlocks: number;
  readonly errors: number;
  readonly state: LeaseHealth;
}

export const TARGET_MODES = ['rw', 'nospace', 'readonly', 'failed'] as const;
export type TargetMode = (typeof TARGET_MODES)[number];

/** A long command, the last one or the one that runs. */
export interface JobStatus {
  readonly kind: 'release' | 'evacuate' | 'migrate';
  readonly state: 'running' | 'done' | 'cancelled';
  readonly doneBlocks: number;
  readonly totalBlocks: number;
  /** Blocks that stayed where they were. */
  readonly failedBlocks: number;
}

export interface ScrubStatus {
  readonly state: 'running' | 'paused' | 'done' | 'stopped';
  readonly doneSegments: number;
  readonly totalSegments: number;
  /** Blocks that failed, or read only after retries. */
  readonly foundBlocks: number;
}

/** The words of `dmsetup status` after start, length and `remap`. */
export interface RemapStatus {
  readonly mode: TargetMode;
  readonly generation: Generation;
  readonly blockSectors: BlockSectors;
  readonly usedBlocks: number;
  readonly totalBlocks: number;
  readonly pendingBlocks: number;
  readonly readErrors: number;
  readonly writeErrors: number;
  readonly remaps: number;
  readonly remapFailures: number;
  readonly metadataErrors: number;
  readonly leases: readonly LeaseStatus[];
  /** Null when none was started since the target was made. */
  readonly job: JobStatus | null;
  readonly scrub: ScrubStatus | null;
}

function renderJob(job: JobStatus | null): string {
  if (job === null) return '-';
  return `${job.kind}:${job.state}:${job.doneBlocks}/${job.totalBlocks}:${job.failedBlocks}`;
}

function renderScrub(scrub: ScrubStatus | null): string {
  if (scrub === null) return '-';
  return `scrub:${scrub.state}:${scrub.doneSegments}/${scrub.totalSegments}:${scrub.foundBlocks}`;
}

export function renderStatus(status: RemapStatus): string {
  return [
    status.mode,
    status.generation,
    status.blockSectors,
    `${status.usedBlocks}/${status.totalBlocks}`,
    status.pendingBlocks,
    status.readErrors,
    status.writeErrors,
    status.remaps,
    status.remapFailures,
    status.metadataErrors,
    status.leases.length,
    ...status.leases.flatMap((lease) => [
      lease.leaseId,
      lease.device,
      lease.offsetSectors,
      `${lease.usedBlocks}/${lease.totalBlocks}`,
      lease.retiredBlocks,
      lease.errors,
      lease.state,
    ]),
    renderJob(status.job),
    renderScrub(status.scrub),
  ].join(' ');
}

function parseLease(words: Words, index: number): LeaseStatus {
  const leaseId = words.text(`UUID of lease ${index}`, UUID) as LeaseId;
  const device = words.text(`device of lease ${index}`, /^\d+:\d+$/);
  const offsetSectors = words.count(`offset of lease ${index}`) as Sectors;
  const [usedBlocks, totalBlocks] = words.fraction(`used/total of lease ${index}`);
  const retiredBlocks = words.count(`retired blocks of lease ${index}`);
  const errors = words.count(`errors of lease ${index}`);
  const state = words.oneOf(`state of lease ${index}`, ['ok', 'full', 'failed']);
  return { leaseId, device, offsetSectors, usedBlocks, totalBlocks, retiredBlocks, errors, state };
}

/** `kind:state:done/total:count`, or `-`. */
function parseProgress(words: Words, name: string, pattern: RegExp) {
  const word = words.text(name, pattern);
  const [kind = '', state = '', fraction = '', count = ''] = word.split(':');
  const [done = 0, total = 0] = fraction.split('/').map(Number);
  return word === '-' ? null : { kind, state, done, total, count: Number(count) };
}

function parseJob(words: Words): JobStatus | null {
  const job = parseProgress(
    words,
    'job',
    /^(-|(release|evacuate|migrate):(running|done|cancelled):\d+\/\d+:\d+)$/,
  );
  return (
    job && {
      kind: job.kind as JobStatus['kind'],
      state: job.state as JobStatus['state'],
      doneBlocks: job.done,
      totalBlocks: job.total,
      failedBlocks: job.count,
    }
  );
}

function parseScrub(words: Words): ScrubStatus | null {
  const scrub = parseProgress(
    words,
    'scrub',
    /^(-|scrub:(running|paused|done|stopped):\d+\/\d+:\d+)$/,
  );
  return (
    scrub && {
      state: scrub.state as ScrubStatus['state'],
      doneSegments: scrub.done,
      totalSegments: scrub.total,
      foundBlocks: scrub.count,
    }
  );
}

export function parseStatus(line: string): Result<RemapStatus> {
  const words = new Words(line);
  const mode = words.oneOf('mode', TARGET_MODES);
  const generation = words.count('generation') as Generation;
  const blockSectors = Number(
    words.oneOf('block sectors', ['8', '16', '32', '64']),
  ) as BlockSectors;
  const [usedBlocks, totalBlocks] = words.fraction('used/total');
  const counters = {
    pendingBlocks: words.count('pending'),
    readErrors: words.count('read errors'),
    writeErrors: words.count('write errors'),
    remaps: words.count('remaps'),
    remapFailures: words.count('remap failures'),
    metadataErrors: words.count('metadata errors'),
  };
  const count = words.count('number of leases', MAX_MEMBERS);
  const leases = Array.from({ length: count }, (_, index) => parseLease(words, index));
  return words.finish({
    mode,
    generation,
    blockSectors,
    usedBlocks,
    totalBlocks,
    ...counters,
    leases,
    job: parseJob(words),
    scrub: parseScrub(words),
  });
}
