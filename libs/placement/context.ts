import type { PoolPolicy } from '../contract/index.js';
import { otherArrayMembers } from './array-members.js';
import { leaningIndex, type LeaningIndex } from './arrays.js';
import { domainIndex, type DomainIndex } from './domains.js';
import { HOUR_MS } from './grants.js';
import type { HostFacts, PlacementRequest, PoolFacts, TargetFact } from './snapshot.js';

/** What the rules judge a spare by. What only some rules ask for is worked out when one asks, once. */
export class PlanContext {
  readonly policy: PoolPolicy;
  private domains: DomainIndex | undefined;
  private leaning: LeaningIndex | undefined;

  constructor(
    readonly request: PlacementRequest,
    readonly host: HostFacts,
    readonly pool: PoolFacts,
    readonly target: TargetFact,
    private readonly nowMs: number,
  ) {
    this.policy = pool.policy;
  }

  /** The domains that the other members of the target's arrays lean on, at the policy's level. */
  get takenDomains(): DomainIndex {
    return (this.domains ??= domainIndex(
      otherArrayMembers(this.target, this.host),
      this.policy.domainLevel,
    ));
  }

  /** What leans on a spare through which target. */
  get arraysByTarget(): LeaningIndex {
    return (this.leaning ??= leaningIndex(this.host));
  }

  /** Leases granted to targets of the host within the last hour. */
  get grantsWithinHour(): number {
    const { grants } = this.host;
    let old = 0;
    while (old < grants.length && (grants[old] ?? 0) <= this.nowMs - HOUR_MS) old += 1;
    return grants.length - old;
  }
}
