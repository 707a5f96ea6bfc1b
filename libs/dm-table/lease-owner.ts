import { z } from 'zod';
import { DeviceId, Name, Sectors } from '../contract/index.js';
import { failure, success } from './result.js';
import type { Result } from './result.js';

const LeaseOwner = z.object({ name: Name, mainDeviceId: DeviceId, mainOffsetSectors: Sectors });

/** What a lease's label says of its target that the superblock does not. */
export type LeaseOwner = z.infer<typeof LeaseOwner>;

export const renderOwner = ({ name, mainDeviceId, mainOffsetSectors }: LeaseOwner): string =>
  JSON.stringify({ name, mainDeviceId, mainOffsetSectors });

export function parseOwner(label: string): Result<LeaseOwner> {
  try {
    return success(LeaseOwner.parse(JSON.parse(label)));
  } catch {
    return failure('bad-value', `the label ${JSON.stringify(label)} names no target`);
  }
}
