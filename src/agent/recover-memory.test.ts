import { describe, expect, it } from '@jest/globals';
import type {
  DeviceId,
  Generation,
  LeaseId,
  Sectors,
  TargetId,
} from '../../libs/contract/index.js';
import { renderOwner } from '../../libs/dm-table/index.js';
import type { Superblock } from '../../libs/dm-table/index.js';
import type { FoundLease } from './lease/find-leases.js';
import { targetFrom } from './recover-memory.js';

const TARGET = '4e1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0' as TargetId;
const owner = {
  name: 'r0',
  mainDeviceId: 'wwn:5000c50001010100' as DeviceId,
  mainOffsetSectors: 0 as Sectors,
};
const lease = (letter: string) => `7${letter}1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0` as LeaseId;

function found(letter: string, generation: number, members: string, label?: string): FoundLease {
  const superblock: Superblock = {
    sequence: 3n,
    generation: generation as Generation,
    targetId: TARGET,
    leaseId: lease(letter),
    lengthSectors: 4096 as Sectors,
    dataStartSectors: 64 as Sectors,
    nrBlocks: 504,
    mainSectors: 65_536 as Sectors,
    blockSectors: 8,
    metadataFailed: false,
    members: members.split('').map(lease),
    label: label ?? renderOwner(owner),
  };
  return { deviceId: `wwn:${letter}` as DeviceId, offsetSectors: 2048 as Sectors, superblock };
}

describe('a target put together from its leases', () => {
  it('is as its newest table was, leases in that order', () => {
    expect(targetFrom(TARGET, [found('a', 2, 'a'), found('b', 3, 'ba')])).toMatchObject({
      ...owner,
      tableGeneration: 3,
      lengthSectors: 65_536,
      leases: [{ leaseId: lease('b') }, { leaseId: lease('a') }],
    });
  });

  it('is not there when one of its leases is not found', () => {
    expect(targetFrom(TARGET, [found('a', 3, 'ab')])).toEqual({
      reason: expect.stringContaining(lease('b')),
    });
  });

  it('is not there when no label names its main device', () => {
    expect(targetFrom(TARGET, [found('a', 3, 'a', '')])).toHaveProperty('reason');
  });

  it('is not there when its leases never ran', () => {
    expect(targetFrom(TARGET, [found('a', 0, '')])).toHaveProperty('reason');
  });
});
