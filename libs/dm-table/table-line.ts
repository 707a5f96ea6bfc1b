import type { BlockSectors, Generation, Sectors, TargetId } from '../contract/index.js';
import { MAX_MEMBERS } from './geometry.js';
import type { Result } from './result.js';
import { UUID, Words } from './words.js';

export interface TableLease {
  /** `major:minor` in what the kernel prints, a path is accepted as well. */
  readonly device: string;
  readonly offsetSectors: Sectors;
  readonly lengthSectors: Sectors;
}

/** One line of `dmsetup table` for a target of type `remap`. */
export interface RemapTable {
  readonly startSectors: Sectors;
  readonly lengthSectors: Sectors;
  readonly mainDevice: string;
  readonly mainOffsetSectors: Sectors;
  readonly blockSectors: BlockSectors;
  readonly targetId: TargetId;
  readonly generation: Generation;
  readonly leases: readonly TableLease[];
  /** The words of the optional arguments, null when the line has not even their count. */
  readonly optionalArgs: readonly string[] | null;
}

export function renderTable(table: RemapTable): string {
  const words = [
    table.startSectors,
    table.lengthSectors,
    'remap',
    table.mainDevice,
    table.mainOffsetSectors,
    table.blockSectors,
    table.targetId,
    table.generation,
    table.leases.length,
    ...table.leases.flatMap((lease) => [lease.device, lease.offsetSectors, lease.lengthSectors]),
  ];
  const optional = table.optionalArgs;
  if (optional !== null) words.push(optional.length, ...optional);
  return words.join(' ');
}

function parseLeases(words: Words): TableLease[] {
  const count = words.count('number of leases', MAX_MEMBERS);
  return Array.from({ length: count }, (_, index) => ({
    device: words.text(`device of lease ${index}`),
    offsetSectors: words.count(`offset of lease ${index}`) as Sectors,
    lengthSectors: words.count(`length of lease ${index}`) as Sectors,
  }));
}

function parseOptionalArgs(words: Words): string[] | null {
  if (words.remaining === 0) return null;
  const count = words.count('number of optional arguments', 16);
  return Array.from({ length: count }, (_, index) => words.text(`optional argument ${index}`));
}

export function parseTable(line: string): Result<RemapTable> {
  const words = new Words(line);
  const startSectors = words.count('start') as Sectors;
  const lengthSectors = words.count('length') as Sectors;
  words.oneOf('target type', ['remap']);
  return words.finish({
    startSectors,
    lengthSectors,
    mainDevice: words.text('main device'),
    mainOffsetSectors: words.count('offset') as Sectors,
    blockSectors: Number(words.oneOf('block sectors', ['8', '16', '32', '64'])) as BlockSectors,
    targetId: words.text('target UUID', UUID) as TargetId,
    generation: words.count('generation') as Generation,
    leases: parseLeases(words),
    optionalArgs: parseOptionalArgs(words),
  });
}
