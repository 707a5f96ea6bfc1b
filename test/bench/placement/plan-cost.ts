import { PoolPolicy } from '../../../libs/contract/index.js';
import { applyGrant, plan, type HostFacts, type PoolFacts } from '../../../libs/placement/index.js';
import { arrayOf, hostOf, POOL, spareOf, targetId, targetOf } from './facts.js';

const MEMBERS = 5;
const LEASES_PER_SPARE = 20;
const WARM_UP_ROUNDS = 50;

/** A host with 10 spares, 10 targets and 2 arrays of 5 members; each spare serves one member of either. */
function busyHost(policy: PoolPolicy): { host: HostFacts; pool: PoolFacts } {
  const ids = Array.from({ length: 2 * MEMBERS }, (_, i) => targetId(i));
  const host = hostOf({
    spares: ids.map((_, i) => spareOf(i, 4000, policy.leaseSectors)),
    targets: ids.map((_, i) => targetOf(i)),
    arrays: [arrayOf(0, ids.slice(0, MEMBERS)), arrayOf(1, ids.slice(MEMBERS))],
  });
  host.spares.forEach(({ id: spareId, free }, i) => {
    for (let n = 0; n < LEASES_PER_SPARE; n += 1) {
      const gap = free.at(-1);
      if (!gap) throw new Error('the spare is full');
      // A gap of one lease after every fourth.
      const offset = gap.offset + (n % 4 === 3 ? policy.leaseSectors : 0);
      const placement = { spareId, extent: { offset, length: policy.leaseSectors } };
      applyGrant(host, { targetId: targetId((i % MEMBERS) + MEMBERS * (n % 2)) }, placement, 0);
    }
  });
  host.grants.length = 0;
  return { host, pool: { id: POOL, name: 'bench', policy, spareCount: 50_000, grants: 0 } };
}

const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Processor time of one plan and its grant in microseconds, on average, after warming up. */
export function planCostMicros(name: PoolPolicy['name'], plans = 40_000): number {
  const policy = PoolPolicy.parse({
    ...{ name, domainLevel: 'enclosure', maxArraysPerSpare: 4, reservePercent: 5 },
    maxGrantsPerHostPerHour: 1000,
  });
  let busy = 0;
  for (let round = -WARM_UP_ROUNDS; round < plans / 100; round += 1) {
    const { host, pool } = busyHost(policy);
    const startedAt = cpuMicros();
    for (let i = 0; i < 100; i += 1) {
      const request = {
        ...{ needId: null, targetId: targetId(i % 10), blockSectors: 8 as const },
        lengthSectors: policy.leaseSectors,
        ...{ priority: 'normal' as const, voluntary: false },
      };
      const { placement } = plan(request, host, pool, `${round}-${i}`, i);
      if (placement) applyGrant(host, request, placement, i);
    }
    if (round >= 0) busy += cpuMicros() - startedAt;
  }
  return busy / plans;
}
