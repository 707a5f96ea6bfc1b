import { describe, expect, it } from '@jest/globals';
import type { Generation, LeaseId, Sectors, TargetId } from '../contract/index.js';
import { assemble } from './assemble.js';
import type { Superblock } from './superblock.js';

const TARGET = '4e1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0' as TargetId;
const LEASE = '7a1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0' as LeaseId;

describe('assembling a target from its leases', () => {
  const lease = (letter: string) => LEASE.replace('7a', `7${letter}`) as LeaseId;
  const superblock = (letter: string, generation: number, members: string): Superblock => ({
    targetId: TARGET,
    leaseId: lease(letter),
    lengthSectors: 16_384 as Sectors,
    sequence: 3n,
    generation: generation as Generation,
    dataStartSectors: 32 as Sectors,
    nrBlocks: 1,
    mainSectors: 1024 as Sectors,
    blockSectors: 8,
    metadataFailed: false,
    members: members.split('').map(lease),
    label: '',
  });

  it('follows the highest generation and its order', () => {
    const found = [superblock('a', 3, 'a'), superblock('b', 4, 'ba'), superblock('c', 0, '')];
    expect(assemble(TARGET, found)).toEqual({
      ok: true,
      value: { generation: 4, members: [lease('b'), lease('a')], missing: [] },
    });
  });

  it('names the members that are missing', () => {
    expect(assemble(TARGET, [superblock('a', 4, 'ab')])).toMatchObject({
      value: { missing: [lease('b')] },
    });
  });

  it('finds nothing to assemble in leases that never ran, or that serve another target', () => {
    const other = { ...superblock('a', 5, 'a'), targetId: LEASE as string as TargetId };
    expect(assemble(TARGET, [superblock('c', 0, ''), other])).toEqual({
      ok: true,
      value: { generation: 0, members: [], missing: [] },
    });
  });

  it('refuses two member lists at one generation', () => {
    const found = [superblock('a', 4, 'ab'), superblock('b', 4, 'ba')];
    expect(assemble(TARGET, found)).toMatchObject({ ok: false, code: 'members-disagree' });
  });
});
