import { createHash } from 'node:crypto';
import { LeaseId, TargetId } from '../../../libs/contract/index.js';
import { BLOCK_SECTORS, type LeasePlan } from './lease-plan.js';
import { randomBlocks, shuffled } from './remap-choice.js';

const sectorsPerMiB = 2048;
const blocksPerMiB = sectorsPerMiB / BLOCK_SECTORS;

export const MILLION = 1_000_000;
/** A main device of 256 GiB: a million remaps are one in 67 blocks, and no region of it is without. */
export const MAIN_MIB = 256 * 1024;
/** A million remaps with 64 MiB between them need a main device of 61 TiB; it has 64. */
export const WIDE_MIB = 64 * 1024 * 1024;
export const spacingMiB = 64;

function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

function lease(
  name: string,
  target: string,
  nrBlocks: number,
  mainMiB: number,
  mainBlocks: readonly number[],
): LeasePlan {
  return {
    name,
    targetId: TargetId.parse(uuid(`target ${target}`)),
    leaseId: LeaseId.parse(uuid(`lease ${name}`)),
    nrBlocks,
    mainBlocks,
    mainSectors: mainMiB * sectorsPerMiB,
  };
}

/** A lease without remaps. */
export function emptyLease(
  name: string,
  target: string,
  nrBlocks: number,
  mainMiB = MAIN_MIB,
): LeasePlan {
  return lease(name, target, nrBlocks, mainMiB, []);
}

/** Single blocks at random places of a main device of 256 GiB, in random order, and no room for more. */
export function randomLease(name: string, target: string, remaps: number): LeasePlan {
  return lease(name, target, remaps, MAIN_MIB, randomBlocks(remaps, MAIN_MIB * blocksPerMiB, 1));
}

/** One block in each 64 MiB of a main device of 64 TiB, never at the edge of a MiB; in random order. */
export function spacedLease(name: string, target: string, remaps: number): LeasePlan {
  const spacing = spacingMiB * blocksPerMiB;
  const inside = spacing / 2 + blocksPerMiB / 2;
  const blocks = Array.from({ length: remaps }, (_, index) => index * spacing + inside);
  return lease(name, target, remaps, WIDE_MIB, shuffled(blocks, 2));
}
