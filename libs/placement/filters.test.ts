import { describe, expect, it } from '@jest/globals';
import type { PoolPolicy } from '../contract/index.js';
import {
  array,
  disk,
  HOST,
  lending,
  place,
  planOn,
  spare,
  target,
  targetId,
  uuid,
} from './fixtures.js';
import type { HostFacts, SpareFact } from './snapshot.js';

const other = uuid(0xbb) as typeof HOST;

function verdict(
  candidate: SpareFact,
  over: Partial<HostFacts> = {},
  rules: Partial<PoolPolicy> = {},
) {
  const made = planOn({ spares: [candidate], ...over }, { rules });
  const [only] = made.candidates;
  return { reason: only?.reason, detail: only?.detail, outcome: made.outcome };
}

const mirror = (over: Partial<HostFacts> = {}): Partial<HostFacts> => ({
  targets: [target(1000), target(1001)],
  arrays: [array(0, [{ targetId: targetId(1000) }, { targetId: targetId(1001) }])],
  ...over,
});

describe('a spare is refused', () => {
  it.each<[string, SpareFact, Partial<PoolPolicy>]>([
    ['other-host', spare(1, { hostId: other }), {}],
    ['cordoned', spare(1, { cordoned: true }), {}],
    ['cordoned', spare(1, { hostCordoned: true }), {}],
    ['spare-missing', spare(1, { state: 'missing' }), {}],
    ['spare-unhealthy', spare(1, { state: 'failing' }), {}],
    ['media-mismatch', spare(1, { media: 'hdd' }), { media: ['ssd'] }],
    ['block-size-mismatch', spare(1, { logicalBlockBytes: 8192 }), {}],
    ['is-main-device', spare(1000), {}],
    ['no-contiguous-space', spare(1, lending(20_000)), {}],
  ])('as %s', (reason, candidate, rules) => {
    expect(verdict(candidate, {}, rules)).toMatchObject({ reason, outcome: 'unmet' });
  });

  it('when another member of the observed array leases from it', () => {
    const s = spare(1);
    const lent = mirror({ targets: [target(1000), target(1001, { leases: [place(1)] })] });
    const { reason, detail } = verdict(s, lent);
    expect(reason).toBe('shares-disk-with-array-member');
    expect(detail).toContain('target r1001 (array md0)');
  });

  it('when a declared peer leases from it, whichever of the two declared the other', () => {
    const peers = [
      [target(1000, { arrayPeers: [disk(1001)] }), target(1001, { leases: [place(1)] })],
      [target(1000), target(1001, { leases: [place(1)], arrayPeers: [disk(1000)] })],
    ];
    for (const targets of peers)
      expect(verdict(spare(1), { targets }).reason).toBe('shares-disk-with-array-member');
  });

  it('when it shares an enclosure with a plain disk of the array and the policy looks that wide', () => {
    const domains = { enclosure: 'e1' };
    const withDisk = {
      arrays: [array(0, [{ targetId: targetId(1000) }, { deviceId: disk(7) }])],
      disks: [place(7, domains)],
    };
    const s = spare(1, { domains });
    expect(verdict(s, withDisk).outcome).toBe('placed');
    for (const domainLevel of ['enclosure', 'controller', 'rack'] as const)
      expect(['shares-enclosure-with-array-member', 'shares-host-with-array-member']).toContain(
        verdict(s, withDisk, { domainLevel }).reason,
      );
  });

  it('for every local spare when the level is the host', () => {
    expect(verdict(spare(1), mirror(), { domainLevel: 'host' }).reason).toBe(
      'shares-host-with-array-member',
    );
  });
});

describe('a spare is kept', () => {
  it('when labels are not known, at any level but the disk', () => {
    expect(verdict(spare(1), mirror(), { domainLevel: 'power' }).outcome).toBe('placed');
  });

  it('when only its own target already leases from it', () => {
    const own = mirror({ targets: [target(1000, { leases: [place(1)] }), target(1001)] });
    expect(verdict(spare(1), own).outcome).toBe('placed');
  });
});
