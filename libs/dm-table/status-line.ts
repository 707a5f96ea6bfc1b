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

/** The words of `dmsetup status` after start, length and `remap`. */
export interface RemapStatus {
  readonly mode: 'rw' | 'nospace';
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

export function parseStatus(line: string): Result<RemapStatus> {
  const words = new Words(line);
  const mode = words.oneOf('mode', ['rw', 'nospace']);
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
  });
}
