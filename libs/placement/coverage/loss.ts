import type { DomainLevel, HostId, SpareId, TargetId } from '../../contract/index.js';
import { domainKey, domainName } from '../domains.js';
import type { HostFacts, SpareFact } from '../snapshot.js';

/** A failure domain that is thought away. */
export interface Loss {
  key: string;
  /** For people. */
  domain: string;
  /** Where the domain means something on one host only. */
  hostId: HostId | null;
  spareIds: Set<SpareId>;
  /** Targets whose main device goes with it: they need no spare any more. */
  lostTargets: Set<TargetId>;
}

const isOfOneHost = (level: DomainLevel) => level === 'host' || level === 'controller';

/** The domains that hold spares, by key. A spare whose label is not known is in none. */
export function domainsOf({ spares, targets }: HostFacts, level: DomainLevel): Loss[] {
  const losses = new Map<string, Loss>();
  for (const spare of spares) {
    const key = domainKey(level, spare);
    if (key === undefined) continue;
    const known = losses.get(key);
    if (known) known.spareIds.add(spare.id);
    else losses.set(key, lossOf(key, level, spare));
  }
  for (const { id, main } of targets)
    losses.get(domainKey(level, main) ?? '')?.lostTargets.add(id);
  return [...losses.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

const lossOf = (key: string, level: DomainLevel, spare: SpareFact): Loss => ({
  key,
  domain: domainName(level, spare),
  hostId: isOfOneHost(level) ? spare.hostId : null,
  spareIds: new Set([spare.id]),
  lostTargets: new Set(),
});

/** The facts as they would be without the domain: a copy that grants may change. */
export function factsWithout(facts: HostFacts, { spareIds }: Loss): HostFacts {
  const lostDevices = new Set(
    facts.spares.filter(({ id }) => spareIds.has(id)).map(({ deviceId }) => deviceId),
  );
  return {
    ...facts,
    spares: facts.spares
      .filter(({ id }) => !spareIds.has(id))
      .map((spare) => ({
        ...spare,
        free: [...spare.free],
        leasedTo: spare.leasedTo.map((lent) => ({ ...lent })),
      })),
    targets: facts.targets.map((target) => ({
      ...target,
      leases: target.leases.filter(({ deviceId }) => !lostDevices.has(deviceId)),
    })),
    grants: [],
  };
}
