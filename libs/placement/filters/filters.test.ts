import { describe, expect, it } from '@jest/globals';
import type { PoolPolicy, RejectReason, Sectors, TargetId } from '../../contract/index.js';
import {
  array,
  disk,
  HOST,
  lending,
  main,
  NOW,
  place,
  planOn,
  spare,
  target,
  targetId,
  uuid,
} from '../fixtures.js';
import { HOUR_MS } from '../grants.js';
import type {
  ArrayFact,
  HostFacts,
  MainFact,
  PlacementRequest,
  PoolFacts,
  SpareFact,
} from '../snapshot.js';

const other = uuid(0xbb) as typeof HOST;

interface Setting {
  facts?: Partial<HostFacts>;
  rules?: Partial<PoolPolicy>;
  asked?: Partial<PlacementRequest>;
  ofPool?: Partial<PoolFacts>;
}

function verdict(candidate: SpareFact, { facts = {}, ofPool = {}, ...how }: Setting = {}) {
  const made = planOn({ spares: [candidate], ...facts }, { ...how, ofPool });
  const [only] = made.candidates;
  return { reason: only?.reason, detail: only?.detail, outcome: made.outcome };
}

const mirror = (over: Partial<HostFacts> = {}): Partial<HostFacts> => ({
  targets: [target(1000), target(1001)],
  arrays: [array(0, [{ targetId: targetId(1000) }, { targetId: targetId(1001) }])],
  ...over,
});

const e1 = { enclosure: 'e1' };
const remote = spare(1, { hostId: other, hostName: 'beta' });
const facing = (over: Partial<MainFact>): Setting => ({
  facts: { targets: [target(1000, { main: main(1000, over) })] },
});
const dedicated = (...to: TargetId[]): Setting => ({
  rules: { scope: 'dedicated', dedicatedTo: to },
});
const withinHour = [NOW - HOUR_MS, NOW - HOUR_MS + 1, NOW - 1];

describe('a spare is refused', () => {
  it.each<[RejectReason, string, SpareFact, Setting?]>([
    ['other-host', 'beta', remote],
    ['cordoned', 'the spare', spare(1, { cordoned: true })],
    ['cordoned', 'alpha', spare(1, { hostCordoned: true })],
    ['draining', 'emptied', spare(1, { draining: true })],
    ['spare-missing', 'alpha', spare(1, { state: 'missing' })],
    ['spare-unhealthy', 'failing', spare(1, { state: 'failing' })],
    ['predicted-failure', 'will fail', spare(1, { predictedFailing: true })],
    ['not-dedicated-to-target', 'r1000', spare(1), dedicated(targetId(7))],
    ['not-dedicated-to-target', 'general', spare(1), dedicated()],
    ['wrong-chassis', 'e1', spare(1, { domains: e1 }), { rules: { scope: 'chassis' } }],
    [
      'wrong-chassis',
      'unknown',
      spare(1),
      { ...facing({ domains: e1 }), rules: { scope: 'chassis' } },
    ],
    ['media-mismatch', 'hdd', spare(1, { media: 'hdd' }), { rules: { media: ['ssd'] } }],
    [
      'speed-class-mismatch',
      'nvme',
      spare(1),
      { ...facing({ media: 'nvme' }), rules: { speedClass: 'not-slower' } },
    ],
    ['block-size-mismatch', '8192', spare(1, { logicalBlockBytes: 8192 })],
    ['physical-block-size-mismatch', '16384', spare(1, { physicalBlockBytes: 16_384 })],
    ['protection-mismatch', 'none', spare(1, { protectionType: 0 }), facing({ protectionType: 1 })],
    ['protection-mismatch', '2', spare(1, { protectionType: 2 }), facing({ protectionType: 3 })],
    ['is-main-device', 'r1000', spare(1000)],
    ['is-main-device', 'r1000 itself', spare(1, { diskId: disk(1000) })],
    ['no-contiguous-space', '15904', spare(1, lending(20_000))],
    ['host-grant-limit', '2', spare(1), grants(withinHour, { maxGrantsPerHostPerHour: 2 })],
    ['pool-grant-limit', '9', spare(1), { rules: { maxGrantsPerHour: 9 }, ofPool: { grants: 9 } }],
  ])('as %s, naming %s', (reason, named, candidate, ...[setting]) => {
    const refused = verdict(candidate, setting);
    expect(refused).toMatchObject({ reason, outcome: 'unmet' });
    expect(refused.detail).toContain(named);
  });

  it('when another member of the observed array leases from it', () => {
    const facts = mirror({ targets: [target(1000), target(1001, { leases: [place(1)] })] });
    const { reason, detail } = verdict(spare(1), { facts });
    expect(reason).toBe('shares-disk-with-array-member');
    expect(detail).toContain('target r1001 (array md0)');
  });

  it('when a declared peer leases from it, whichever of the two declared the other', () => {
    const peers = [
      [target(1000, { arrayPeers: [disk(1001)] }), target(1001, { leases: [place(1)] })],
      [target(1000), target(1001, { leases: [place(1)], arrayPeers: [disk(1000)] })],
    ];
    for (const targets of peers)
      expect(verdict(spare(1), { facts: { targets } }).reason).toBe(
        'shares-disk-with-array-member',
      );
  });

  it('when a member of any of several arrays leases from it', () => {
    const facts = {
      targets: [target(1000), target(1001), target(1002, { leases: [place(1)] })],
      arrays: [
        array(0, [{ targetId: targetId(1000) }, { targetId: targetId(1001) }]),
        array(1, [{ targetId: targetId(1000) }, { targetId: targetId(1002) }]),
      ],
    };
    expect(verdict(spare(1), { facts }).detail).toContain('target r1002 (array md1)');
  });

  it('when a member of another array leases from it and a third array lies on both', () => {
    const facts = {
      targets: [1000, 1001, 1002].map((n) => target(n)).concat(target(9, { leases: [place(1)] })),
      arrays: [
        array(0, [{ targetId: targetId(1000) }, { targetId: targetId(1001) }]),
        array(1, [{ targetId: targetId(1002) }, { targetId: targetId(9) }]),
        array(2, [{ kernelName: 'md0' }, { kernelName: 'md1' }], { level: 'raid0' }),
      ],
    };
    expect(verdict(spare(1), { facts }).detail).toContain('target r9 (array md1)');
  });

  it('when it shares an enclosure with a plain disk of the array and the policy looks that wide', () => {
    const facts = {
      arrays: [array(0, [{ targetId: targetId(1000) }, { deviceId: disk(7) }])],
      disks: [place(7, e1)],
    };
    const s = spare(1, { domains: e1 });
    expect(verdict(s, { facts }).outcome).toBe('placed');
    for (const domainLevel of ['enclosure', 'controller', 'rack'] as const)
      expect(verdict(s, { facts, rules: { domainLevel } }).reason).toBe(
        'shares-enclosure-with-array-member',
      );
  });

  it('for every local spare when the level is the host', () => {
    const how = { facts: mirror(), rules: { domainLevel: 'host' as const } };
    expect(verdict(spare(1), how)).toMatchObject({
      reason: 'shares-host-with-array-member',
      detail: expect.stringContaining('host alpha'),
    });
  });

  it('on a host that a lease of another member lies on, when the level is the host', () => {
    const remotePlace = { ...place(8), hostId: other };
    const facts = {
      targets: [target(1000), target(1001, { leases: [remotePlace] })],
      arrays: mirror().arrays ?? [],
    };
    const rules = { domainLevel: 'host' as const, locality: 'remote-allowed' as const };
    expect(verdict(remote, { facts, rules }).reason).toBe('shares-host-with-array-member');
  });

  it('with the narrowest domain that it shares', () => {
    const rack = { rack: 'k1' };
    const facts = mirror({
      targets: [target(1000), target(1001, { main: main(1001, { domains: { ...e1, ...rack } }) })],
    });
    const rules = { domainLevel: 'rack' as const };
    const s = spare(1, { domains: { ...e1, ...rack } });
    expect(verdict(s, { facts, rules }).reason).toBe('shares-enclosure-with-array-member');
  });
});

describe('the number of arrays on one spare', () => {
  const lent = (...to: number[]) =>
    spare(1, { leasedTo: to.map((n) => ({ targetId: targetId(n), sectors: 8 })) });
  const facts = {
    targets: [1000, 1001, 1002, 1003].map((n) => target(n)),
    arrays: [
      array(0, [{ targetId: targetId(1001) }, { targetId: targetId(1002) }]),
      array(1, [{ targetId: targetId(1000) }, { targetId: targetId(1003) }]),
    ],
  };
  const most = (maxArraysPerSpare: number) => ({ facts, rules: { maxArraysPerSpare } });

  it('stays within the bound of the policy', () => {
    expect(verdict(lent(1001, 7), most(2))).toMatchObject({
      reason: 'blast-radius',
      detail: expect.stringContaining(`array md0, target:${uuid(7)}`),
    });
    expect(verdict(lent(1001, 7), most(3)).outcome).toBe('placed');
  });

  it('counts an array once however many of its members lean on the spare', () => {
    expect(verdict(lent(1001, 1002), most(2)).outcome).toBe('placed');
  });

  it('does not grow by a further lease for a target that leans on it already', () => {
    expect(verdict(lent(1001, 7, 1000), most(1)).outcome).toBe('placed');
  });
});

describe('the reserve', () => {
  // 1,000 leases fit; 90% are lent when 900 are.
  const used = (leases: number) =>
    spare(1, {
      lendableSectors: 16_384_000 as Sectors,
      free: [{ offset: 2048, length: (1000 - leases) * 16_384 }],
    });
  const rules = { reservePercent: 10 };

  it('is not touched by what is not urgent', () => {
    expect(verdict(used(899), { rules }).outcome).toBe('placed');
    expect(verdict(used(900), { rules })).toMatchObject({
      reason: 'reserve-kept',
      detail: expect.stringContaining('9.9%'),
    });
  });

  it('is there for what is', () => {
    expect(verdict(used(999), { rules, asked: { priority: 'urgent' } }).outcome).toBe('placed');
  });
});

describe('while an array of the target', () => {
  const voluntary = { voluntary: true };
  const state = (over: Partial<ArrayFact>) => {
    const members = [{ targetId: targetId(1000) }, { deviceId: disk(7) }];
    return { arrays: [array(0, members, over)] };
  };

  it.each([{ degraded: 1 }, { syncAction: 'resync' }, { syncAction: 'recover' }])(
    'is %j, nothing voluntary is placed and everything else is',
    (over) => {
      const facts = state(over);
      expect(verdict(spare(1), { facts, asked: voluntary })).toMatchObject({
        reason: 'array-not-healthy',
        detail: expect.stringContaining('md0'),
      });
      expect(verdict(spare(1), { facts }).outcome).toBe('placed');
    },
  );

  it.each(['check', 'repair'])('is only in %s, voluntary requests are placed', (syncAction) => {
    const facts = state({ syncAction });
    expect(verdict(spare(1), { facts, asked: voluntary }).outcome).toBe('placed');
  });

  it('is well but the array on top of it is degraded, nothing voluntary is placed', () => {
    const facts = {
      arrays: [
        array(0, [{ targetId: targetId(1000) }]),
        array(1, [{ kernelName: 'md0' }, { deviceId: disk(7) }], { degraded: 1 }),
      ],
    };
    expect(verdict(spare(1), { facts, asked: voluntary }).detail).toContain('md1');
  });
});

describe('a spare is kept', () => {
  it('when labels are not known, at any level but the disk', () => {
    const how = { facts: mirror(), rules: { domainLevel: 'power' as const } };
    expect(verdict(spare(1), how).outcome).toBe('placed');
  });

  it('when only its own target already leases from it', () => {
    const facts = mirror({ targets: [target(1000, { leases: [place(1)] }), target(1001)] });
    expect(verdict(spare(1), { facts }).outcome).toBe('placed');
  });

  it.each<[string, SpareFact, Setting]>([
    ['it is of another host and the policy admits that', remote, locality('remote-allowed')],
    ['it is of another host and none nearer serves', remote, locality('prefer-local')],
    ['the pool is dedicated to the target', spare(1), dedicated(targetId(1000))],
    [
      'it sits in the enclosure of the main device',
      spare(1, { domains: e1 }),
      { ...facing({ domains: e1 }), rules: { scope: 'chassis' } },
    ],
    [
      'it is as fast as the main device',
      spare(1),
      { ...facing({ media: 'ssd' }), rules: { speedClass: 'not-slower' } },
    ],
    [
      'the medium of the main device is not known',
      spare(1, { media: 'hdd' }),
      { rules: { speedClass: 'not-slower' } },
    ],
    ['its protection information is not known', spare(1), facing({ protectionType: 1 })],
    [
      'the main device has no protection information',
      spare(1, { protectionType: 1 }),
      facing({ protectionType: 0 }),
    ],
    [
      'its physical block is no larger than the block of the target',
      spare(1, { physicalBlockBytes: 16_384 }),
      { asked: { blockSectors: 32 } },
    ],
    [
      'the hour of the host has room for one more lease',
      spare(1),
      grants(withinHour, { maxGrantsPerHostPerHour: 3 }),
    ],
  ])('when %s', (_, candidate, setting) => {
    expect(verdict(candidate, setting)).toMatchObject({ reason: null, outcome: 'placed' });
  });
});

function locality(is: PoolPolicy['locality']): Setting {
  return { rules: { locality: is } };
}

function grants(at: number[], rules: Partial<PoolPolicy>): Setting {
  return { facts: { grants: at }, rules };
}
