import { SECTOR_BYTES, type Media } from '../../contract/index.js';
import type { Filter } from './filter.js';

/** Whether the device suits the target. */

export const wrongMedia: Filter = ({ spare }, { policy: { media } }) =>
  media !== null && !media.includes(spare.media)
    ? {
        reason: 'media-mismatch',
        detail: `the policy admits ${media.join(', ') || 'no medium'}; the spare is ${spare.media}`,
      }
    : undefined;

const SPEED: Readonly<Record<Media, number>> = { hdd: 0, ssd: 1, nvme: 2 };

export const tooSlow: Filter = ({ spare }, { policy, target }) => {
  const { media } = target.main;
  if (policy.speedClass === 'any' || media === null || SPEED[spare.media] >= SPEED[media])
    return undefined;
  return {
    reason: 'speed-class-mismatch',
    detail: `the policy admits no slower medium: the spare is ${spare.media}, the main device of target ${target.name} ${media}`,
  };
};

export const logicalBlockTooLarge: Filter = ({ spare }, { request }) =>
  spare.logicalBlockBytes > request.blockSectors * SECTOR_BYTES
    ? {
        reason: 'block-size-mismatch',
        detail: `its logical block of ${spare.logicalBlockBytes} bytes is larger than the target's block of ${request.blockSectors * SECTOR_BYTES}`,
      }
    : undefined;

/** The device would read, change and write a physical block whole, and a power cut could tear a neighbour. */
export const physicalBlockTooLarge: Filter = ({ spare }, { request }) =>
  spare.physicalBlockBytes > request.blockSectors * SECTOR_BYTES
    ? {
        reason: 'physical-block-size-mismatch',
        detail: `its physical block of ${spare.physicalBlockBytes} bytes is larger than the target's block of ${request.blockSectors * SECTOR_BYTES}, so that a torn write could reach a neighbouring block`,
      }
    : undefined;

export const otherProtection: Filter = ({ spare }, { target }) => {
  const ours = target.main.protectionType;
  const theirs = spare.protectionType;
  if (ours === null || ours === 0 || theirs === null || theirs === ours) return undefined;
  return {
    reason: 'protection-mismatch',
    detail: `the main device of target ${target.name} has protection information of type ${ours}, the spare ${theirs === 0 ? 'none' : `type ${theirs}`}`,
  };
};
